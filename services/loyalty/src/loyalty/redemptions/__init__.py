"""Redemptions: points are reserved, and then spent, released, or free again when the reservation ends."""
