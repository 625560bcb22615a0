"""A caller's trace goes from the request into the events it makes, with or without anything that records it."""

from shared.telemetry.tracing import current_traceparent, serving

TOLD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_the_callers_trace_is_handed_on():
    with serving("POST", [(b"host", b"x"), (b"traceparent", TOLD.encode())]):
        assert current_traceparent() == TOLD
    assert current_traceparent() is None


def test_a_malformed_trace_is_no_trace():
    with serving("POST", [(b"traceparent", b"\xff-not-a-trace")]):
        assert current_traceparent() is None
