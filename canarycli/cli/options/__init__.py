"""The options of commands: those on every one, and those that several share."""
