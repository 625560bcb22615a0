"""Rendering a journey's template with a customer's data, in the customer's language."""
