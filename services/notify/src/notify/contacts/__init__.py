"""Addresses, consents, language and zone of each customer, and what else a message needs to know of them."""
