"""Events that earn points or bring them along."""
