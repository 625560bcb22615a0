"""What a shop may send and keep: set by operators, seen by the shop."""
