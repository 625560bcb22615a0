"""The SQL of ingest, one module per table or use."""
