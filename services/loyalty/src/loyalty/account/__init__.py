"""One customer's account: orders, lots and entries, kept in rows, settled and published."""
