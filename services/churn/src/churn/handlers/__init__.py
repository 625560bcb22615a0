"""What churn does with events and with instants that come due."""
