"""Coupons: codes that stand for a reward, single use, generated or from a pool that the shop uploads."""
