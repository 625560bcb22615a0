"""Metrics of churn alone; what every service has is in shared."""

from prometheus_client import Gauge

RECOMPUTING = Gauge("churn_recomputing_customers", "Customers of a shop not yet under its newest model and calendar")
