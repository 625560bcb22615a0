"""Rewards: the catalogue of a shop, what customers can have of it, and the coupons that they get."""
