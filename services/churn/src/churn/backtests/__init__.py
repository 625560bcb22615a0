"""Backtests of a shop's own recorded orders: asked for, computed in the background one at a time, and read."""
