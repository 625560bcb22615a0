"""One customer's history, as their shop sent it."""
