"""All that is recorded of one shop on the topics, read again from the beginning, as accounts of its customers."""
