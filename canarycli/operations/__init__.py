"""Everything a user can ask for, as functions over values: no command line, no printing."""
