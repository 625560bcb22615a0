"""Accounts of customers: settled, stored and published; balance and ledger."""
