"""Recomputes the figures of shops from the topics, and compares them with the sums that are kept."""
