"""What people read and change by hand: a customer's history, the quarantine, shops, sources and their keys."""
