"""Metrics of sources. Labels are stable codes, never shops or sources."""

from prometheus_client import Gauge

SILENT_SOURCES = Gauge(
    "ingest_silent_sources", "Sources that are silent although events usually come from them at this time of the week"
)
