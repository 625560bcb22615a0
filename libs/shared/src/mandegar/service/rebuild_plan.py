"""Declares how a part of a service is rebuilt from topics."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from typing_extensions import TypeVar

from mandegar.service.context import Context
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Merge, Read

# The consumer group of reads that only a rebuild has, such as those of the service's own topic. Its offsets and claims
# are deleted at the end. Reads of one topic in several steps need groups of their own: ``f"{REBUILD_GROUP}.<what>"``.
REBUILD_GROUP = "rebuild"

Settings = TypeVar("Settings", bound=ServiceSettings, contravariant=True, default=ServiceSettings)


@dataclass(frozen=True)
class Rebuild(Generic[Settings]):
    """What a part reads during a rebuild, instead of its ``reads``, and what runs afterwards (``finish``).

    ``merge`` takes the place of the part's.

    Reads in the service's normal groups store offsets and claims, from which the service continues. Its own topic is
    read in ``REBUILD_GROUP``. Events that these reads return are not published, because the service's topic has them
    already. ``finish`` and the settling of due customers publish through the outbox as usual.
    """

    reads: Sequence[Read]
    merge: Merge | None = None
    finish: Callable[[Context[Settings]], Awaitable[None]] | None = None
