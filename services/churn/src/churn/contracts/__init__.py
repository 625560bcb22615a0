"""What customers have signed up for: contracts that are renewed, trials before them, and what both count for."""
