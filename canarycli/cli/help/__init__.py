"""Help: of the root, of a command, of a topic, and the reference made from the same tables."""
