"""Figures by segment: once a day, what those who are in a segment now count for with all that they ever did."""
