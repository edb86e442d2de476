"""Random histories of the installed command: who gave which orders, and what befell them."""
