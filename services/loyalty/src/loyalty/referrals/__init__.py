"""Customers who refer others: their codes, what friends claim, what people decide, and what either side is told."""
