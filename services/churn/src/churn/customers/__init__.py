"""Customers: their statistics and bands, changed by events and by the passing of time."""
