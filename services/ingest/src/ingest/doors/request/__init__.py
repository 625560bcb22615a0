"""The bytes of a request: their size, their packing, their type, and whether they are JSON."""
