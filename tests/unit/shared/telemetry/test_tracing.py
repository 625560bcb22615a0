"""Traces: an event can carry on the trace in which it was made, and a process without an SDK makes none."""

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from mandegar.telemetry.tracing import current_traceparent

SPAN = SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, is_remote=True, trace_flags=TraceFlags(1))


def test_the_span_we_are_in_is_written_as_the_standard_says():
    with trace.use_span(NonRecordingSpan(SPAN)):
        assert current_traceparent() == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_outside_of_a_span_there_is_no_trace():
    assert current_traceparent() is None
