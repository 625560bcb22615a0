"""What earns points: orders."""
