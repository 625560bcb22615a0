"""Which customers have changed since a reader looked last."""
