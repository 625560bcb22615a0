"""The risk of one customer, and the list of those at risk."""
