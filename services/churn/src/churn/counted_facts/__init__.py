"""Facts of customers that count in the figures of their shops by day, each kind in a table of its own."""
