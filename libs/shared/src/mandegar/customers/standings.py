"""Who is whose alias, and who is erased, as the rows of customers say it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.events import CustomerKey, Event
from mandegar.events.registry import IDENTITY_TYPES, TOMBSTONE


class Standing(NamedTuple):
    """A customer who is erased, or was and is readmitted.

    ``before`` is when the latest erasure was recorded, ``profile`` the version of the last snapshot before it, None
    where nobody knows it. ``version`` is that of the latest erasure or readmission.
    """

    erased: bool
    version: int
    before: datetime
    profile: int | None
    erasure_id: UUID


@dataclass(slots=True)
class Standings:
    """The roots of those customers who are aliases, and the standings of those who are or were erased.

    ``dropped`` are events without effect, because their customers are erased.
    """

    roots: dict[CustomerKey, CustomerKey] = field(default_factory=dict)
    erasures: dict[CustomerKey, Standing] = field(default_factory=dict)
    dropped: list[UUID] = field(default_factory=list)

    def root(self, key: CustomerKey) -> CustomerKey:
        return self.roots.get(key, key)

    def is_erased(self, key: CustomerKey) -> bool:
        """Whether the customer, or the root of an alias, is erased."""
        return any((standing := self.erasures.get(each)) and standing.erased for each in (key, self.root(key)))

    def drops(self, event: Event) -> bool:
        """Whether the event has no effect, because its customer is erased or it is from before they were.

        A snapshot that ingest published after the one before the erasure is from after a readmission, of which its
        topic may bring news before the topic of readmissions does.
        """
        if event.customer_id is None or event.type in IDENTITY_TYPES:
            return False
        own = self.erasures.get(event.customer)
        if own is None:
            return self.is_erased(event.customer)
        if event.type == TOMBSTONE or event.recorded_time < own.before:
            return True
        if event.type == "contact.updated" and own.profile is not None:
            return bool(event.data.version <= own.profile)
        return self.is_erased(event.customer)

    def copy(self) -> "Standings":
        return Standings(dict(self.roots), dict(self.erasures), list(self.dropped))
