"""What a club page shows of one customer: balance, tier and progress, entitlements."""
