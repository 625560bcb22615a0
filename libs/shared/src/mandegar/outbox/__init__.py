"""The transactional outbox: events are written with the effects that caused them, and the relay publishes them."""

from mandegar.outbox.rows import write_outbox

__all__ = ["write_outbox"]
