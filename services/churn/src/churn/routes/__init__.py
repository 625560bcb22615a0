"""The routes of churn."""
