"""The books of a shop: points per period, and the liability that is left, counted as entries are posted."""
