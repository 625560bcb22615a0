"""Draws of a shop among its customers, held so that anybody can check them."""
