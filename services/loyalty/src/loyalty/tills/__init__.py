"""A till redeems in two calls: it asks for a one-time code, which the customer gets, and redeems with it."""
