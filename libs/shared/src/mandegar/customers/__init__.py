"""The rows of customers: locked in one order, and settled by a timer when something of theirs is due."""
