"""Events that earn points: orders."""
