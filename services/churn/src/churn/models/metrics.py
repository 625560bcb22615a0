"""Metrics that only churn has."""

from prometheus_client import Gauge

RECOMPUTING = Gauge("churn_recomputing_customers", "Customers of a shop not yet under its newest model and calendar")
