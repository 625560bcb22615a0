"""Which customers are in which segments: evaluated when a customer changes, and when a day changes the answer."""
