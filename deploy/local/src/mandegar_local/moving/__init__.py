"""Takes a whole shop out of one installation and into another."""
