"""What people ask and change by hand: one customer's history, quarantine, shops, sources and their keys."""
