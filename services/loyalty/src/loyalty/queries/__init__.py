"""SQL by subject: accounts, the ledger, programmes. Batches go in and out with one statement per kind."""
