"""Commands that change accounts: each request is one, and those that arrive together share a transaction."""
