"""One file a command: its options, one operation, and what is shown of it."""
