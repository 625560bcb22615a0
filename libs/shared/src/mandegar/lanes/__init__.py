"""Records of topics, applied: polls, the batch transaction, inbox, dead letters, and what stops or watches a lane."""
