"""Sources of a shop: created, changed, closed."""
