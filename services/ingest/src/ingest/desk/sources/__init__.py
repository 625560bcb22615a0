"""Sources of a shop and their keys."""
