"""What a service tells about its way back from the topics."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mandegar.service.context import Context
from mandegar.stream import Subscription

MEMORY = "rebuild"
"""Group of what is read for the rebuild alone, such as the service's own topic; it is forgotten at the end."""


async def _nothing(context: Context) -> None:  # noqa: ARG001
    return


@dataclass(frozen=True, slots=True)
class Rebuild:
    """``reads`` are read one after the other, each to its present end; then ``finish`` runs, then what is due settles.

    A read in the group of one of the service's own subscriptions leaves its offsets and claims behind: the service
    goes on from there. Applying publishes nothing: what a service said before stands on its own topic, which it reads
    in the group ``MEMORY``. What only now turns out to be due or unsaid goes out through the outbox, as always.
    """

    reads: Sequence[Subscription]
    finish: Callable[[Context], Awaitable[None]] = _nothing
