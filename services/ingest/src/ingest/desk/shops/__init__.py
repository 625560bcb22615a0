"""Settings of shops, which the operator writes and every service receives."""
