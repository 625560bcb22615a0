"""Segments of a shop: storing them, bringing customers under them, estimates, lists and sizes."""
