"""Lists of customers by band, segment and tier, and how many customers each band has."""
