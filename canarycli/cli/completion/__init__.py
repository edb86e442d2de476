"""Shell completion: the scripts, and the live words that they ask for."""
