"""The figures that a shop is led by, counted as the orders of its customers change."""
