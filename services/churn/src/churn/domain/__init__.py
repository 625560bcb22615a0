"""What churn knows of a customer, and what follows from it. Pure: time is an argument, nothing here does I/O."""
