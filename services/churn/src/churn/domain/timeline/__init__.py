"""The one history of a customer: which entries events make, how entries of one thing become one, and their words."""
