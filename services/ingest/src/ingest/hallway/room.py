"""Room for requests that are read or wait, of which each shop and each source may hold a part."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.domain.sources import Source

UNIT_BYTES = 4096
# How many times what is free a shop may hold, and a source of what is free to its shop.
SHARE = 2


def units_of(events: int, size: int) -> int:
    """The units of a request: one for each event, or one for each 4 KiB if those are more."""
    return max(events, -(-size // UNIT_BYTES), 1)


class Room:
    """A number of units.

    With its next request a shop may hold twice what is then free. Alone it so holds two thirds of the room; ``n`` shops
    that all want more hold 2/(2n+1) each, and the rest is free: no number of shops fills the room for one that comes
    later. In the same way a source may hold twice what is free to its shop. In an empty room there is always room.
    """

    def __init__(self, units: int) -> None:
        self._units = units
        self._held = 0
        self._shops: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()

    @property
    def held(self) -> int:
        return self._held

    def has(self, source: Source, units: int) -> bool:
        """Whether the source has room for this many more units."""
        free_to_shop = SHARE * (self._units - self._held - units) - self._shops[source.shop.id] - units
        return self._sources[source.id] + units <= SHARE * free_to_shop or not self._held

    def take(self, source: Source, units: int) -> None:
        """Hold units for the source."""
        self._held += units
        self._shops[source.shop.id] += units
        self._sources[source.id] += units

    def give_back(self, source: Source, units: int) -> None:
        """Free units of the source."""
        self._held -= units
        for counter, name in ((self._shops, source.shop.id), (self._sources, source.id)):
            counter[name] -= units
            if not counter[name]:
                del counter[name]

    @contextmanager
    def holding(self, source: Source, units: int) -> Iterator[None]:
        """Hold units of the source while the block runs."""
        self.take(source, units)
        try:
            yield
        finally:
            self.give_back(source, units)
