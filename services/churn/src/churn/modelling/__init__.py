"""New model versions, and bringing customers under them: the background work of churn."""
