"""What operations see: metrics, logs and traces. No address, key or token may reach any of them."""
