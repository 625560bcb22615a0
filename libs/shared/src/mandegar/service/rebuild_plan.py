"""How a part of a service comes back from the topics."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from typing_extensions import TypeVar

from mandegar.service.context import Context
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Read

MEMORY = "rebuild"
"""Group of what is read for the rebuild alone, such as the service's own topic; it is forgotten at the end.

Reads of one topic at different steps need groups of their own: ``f"{MEMORY}.<what>"``.
"""

Settings = TypeVar("Settings", bound=ServiceSettings, contravariant=True, default=ServiceSettings)


@dataclass(frozen=True)
class Rebuild(Generic[Settings]):
    """What a part reads while its service is rebuilt, instead of its own ``reads``; then ``finish`` runs.

    A read in one of the service's own groups leaves its offsets and claims behind: the service goes on from there. The
    service's own topic is read in the group ``MEMORY``. What is applied publishes nothing, because what the service
    published before stands on its own topic; what only now turns out to be due or unpublished goes through the outbox.
    """

    reads: Sequence[Read]
    finish: Callable[[Context[Settings]], Awaitable[None]] | None = None
