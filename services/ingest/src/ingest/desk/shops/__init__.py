"""Shops, made and changed by the operator."""
