"""Turns: which of the waiting requests comes next, so that nobody waits behind all the requests of one shop.

Deficit round robin on two levels: shops take turns, and within a shop its sources. In its turn a member may take a
quantum of units; a request that is larger waits until the credit of several turns pays for it. A member without
requests keeps no credit and joins the round at its end, so that it gains nothing by coming and going.
"""

from abc import abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

QUANTUM = 100

Item = TypeVar("Item")
Member = TypeVar("Member", bound="_Member[Any]")


class _Entry(NamedTuple, Generic[Item]):
    units: int
    item: Item


class _Member(Protocol[Item]):
    """Somebody with waiting requests: a source, or a shop with its sources."""

    @abstractmethod
    def first(self) -> int:
        """The units of the request whose turn it is."""

    @abstractmethod
    def pop(self) -> _Entry[Item]:
        """Remove and return that request."""

    @abstractmethod
    def drop(self, late: Callable[[Item], bool]) -> Iterator[_Entry[Item]]:
        """Remove the requests at the heads of the queues for which ``late`` is true."""

    @abstractmethod
    def __len__(self) -> int: ...


class _Queue(deque[_Entry[Item]], _Member[Item]):
    """The requests of one source, in the order in which they came."""

    def first(self) -> int:
        return self[0].units

    def pop(self) -> _Entry[Item]:  # type: ignore[override]  # the oldest, not the newest
        return self.popleft()

    def drop(self, late: Callable[[Item], bool]) -> Iterator[_Entry[Item]]:
        while self and late(self[0].item):
            yield self.popleft()


class _Round(_Member[Item], Generic[Item, Member]):
    """Members that take turns; the first of the dictionary has the turn."""

    def __init__(self) -> None:
        self.members: OrderedDict[str, Member] = OrderedDict()
        self._credit: dict[str, int] = {}

    def first(self) -> int:
        while True:
            name, member = next(iter(self.members.items()))
            units = member.first()
            credit = self._credit.setdefault(name, QUANTUM)
            if units <= credit:
                return units
            self.members.move_to_end(name)
            self._credit[name] = credit + QUANTUM

    def pop(self) -> _Entry[Item]:
        self.first()
        name, member = next(iter(self.members.items()))
        entry: _Entry[Item] = member.pop()
        self._credit[name] -= entry.units
        if not member:
            del self.members[name], self._credit[name]
        return entry

    def drop(self, late: Callable[[Item], bool]) -> Iterator[_Entry[Item]]:
        for name, member in [*self.members.items()]:
            yield from member.drop(late)
            if not member:
                del self.members[name]
                self._credit.pop(name, None)

    def __len__(self) -> int:
        return len(self.members)


class Turns(Generic[Item]):
    """Waiting requests with their units, in one queue for each source of each shop."""

    def __init__(self) -> None:
        self._shops: _Round[Item, _Round[Item, _Queue[Item]]] = _Round()
        self.units = 0

    def __bool__(self) -> bool:
        return bool(self._shops)

    def add(self, shop: str, source: str, item: Item, units: int) -> None:
        """Append a request to the queue of its source."""
        sources = self._shops.members.setdefault(shop, _Round())
        queue = sources.members.setdefault(source, _Queue())
        queue.append(_Entry(units, item))
        self.units += units

    def take(self, room: int) -> list[Item]:
        """Remove and return the next requests that are at most ``room`` units together, but at least one."""
        taken: list[Item] = []
        while self._shops and (not taken or self._shops.first() <= room):
            units, item = self._shops.pop()
            taken.append(item)
            room -= units
            self.units -= units
        return taken

    def drop(self, late: Callable[[Item], bool]) -> list[Item]:
        """Remove and return the requests for which ``late`` is true, from the head of each queue on."""
        dropped = [*self._shops.drop(late)]
        self.units -= sum(entry.units for entry in dropped)
        return [entry.item for entry in dropped]
