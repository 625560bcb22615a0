"""Carries traces through topics: an event has the ``traceparent`` of the request that brought it.

Only the OpenTelemetry API is used. Without an SDK in the process no span is recorded, but the ``traceparent`` of a
request still reaches every event that it causes.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.propagate import inject
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mandegar.events import Event

LINKS_MAX = 128
_tracer = trace.get_tracer("mandegar")
_propagator = TraceContextTextMapPropagator()


@contextmanager
def processing(group: str, events: Iterable[Event]) -> Iterator[None]:
    """A span around the application of a batch, with links to the traces of its events."""
    parents = (event.traceparent for event in events if event.traceparent)
    links = [
        trace.Link(context)
        for parent, _ in zip(dict.fromkeys(parents), range(LINKS_MAX), strict=False)
        if (context := _context(parent)).is_valid
    ]
    with _tracer.start_as_current_span(f"process {group}", kind=trace.SpanKind.CONSUMER, links=links) as span:
        span.set_attribute("messaging.system", "kafka")
        span.set_attribute("messaging.consumer.group.name", group)
        yield


@contextmanager
def serving(method: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[trace.Span]:
    """A span around a request, which continues the trace in the caller's ``traceparent`` header if there is one."""
    carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers if name == b"traceparent"}
    if not carrier and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield trace.INVALID_SPAN  # nobody records it, and it continues nothing
        return
    with _tracer.start_as_current_span(
        method, context=_propagator.extract(carrier), kind=trace.SpanKind.SERVER
    ) as span:
        yield span


def is_recorded() -> bool:
    """Whether spans are recorded: an OpenTelemetry SDK is set up in this process."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _context(traceparent: str) -> trace.SpanContext:
    return trace.get_current_span(_propagator.extract({"traceparent": traceparent})).get_span_context()


def current_traceparent() -> str | None:
    """The ``traceparent`` of the current span, for the events that are made in it."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")
