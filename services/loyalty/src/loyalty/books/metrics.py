"""Metrics of the books."""

from prometheus_client import Counter, Gauge

LEDGER_CHECKED = Counter("loyalty_ledger_checked_total", "Customers whose balance was held against entries and lots")
LEDGER_VIOLATIONS = Gauge(
    "loyalty_ledger_violations", "Customers and shops that violated an invariant of the ledger in the latest round"
)
