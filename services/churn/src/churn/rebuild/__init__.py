"""The rebuild of churn from the topics."""
