"""Events on their way out: rows written with the effects that caused them, and the relay that publishes them."""

from mandegar.outbox.rows import write_outbox

__all__ = ["write_outbox"]
