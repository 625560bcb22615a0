"""The application of a service beside itself without ``PlainReads``: what the framework answers to the same request."""

from typing import Any

from fastapi import FastAPI

from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.measuring import Measuring
from mandegar.service.parts import Service
from mandegar.telemetry import metrics
from mandegar.web.app import create_app


def both_applications(service: Service[Any], context: Context[Any]) -> tuple[FastAPI, FastAPI]:
    """The application as it is served, and one whose framework answers everything."""
    measuring = Measuring(context.worker, {}, service.measures)
    served, framework = (create_app(service, context, Health(started=True), measuring) for _ in range(2))
    assert framework.state.reads
    framework.state.reads = ()
    return served, framework


def requests_counted() -> dict[tuple[str, str, str], float]:
    """How many requests the metrics have counted, by route, method and status."""
    return {
        (sample.labels["route"], sample.labels["method"], sample.labels["code"]): sample.value
        for metric in metrics.HTTP_SECONDS.collect()
        for sample in metric.samples
        if sample.name == "http_request_duration_seconds_count"
    }
