"""What ingest decides without any input or output: who a customer is, what an amount is worth, what an event means."""
