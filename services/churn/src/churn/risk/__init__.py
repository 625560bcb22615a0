"""The risk of one customer, and the customers of a band."""
