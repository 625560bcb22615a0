"""Gone when they ask: what ingest holds of a person is erased, and what comes of them later is not stored."""
