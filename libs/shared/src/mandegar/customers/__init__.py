"""The table ``customers``: locking in key order, walks over a shop, and the timer that settles what is due."""
