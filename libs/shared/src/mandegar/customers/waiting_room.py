"""Commands that wait for their transaction: shops take turns, and each has a share of the room.

So a shop that sends more than can be done waits for itself, and others find room and do not wait behind all of it.
"""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

# A shop may hold so many times what is free: alone two thirds of the room.
SHARE = 2
# The last places are for shops that have nothing waiting, one for each: of a small room an eighth.
KEPT_FREE = 16

Item = TypeVar("Item")


class WaitingRoom(Generic[Item]):
    """A bounded room with one queue for each shop."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept_free = min(KEPT_FREE, room // 8)
        self._of_shops: OrderedDict[str, deque[Item]] = OrderedDict()
        self._held = 0

    def __bool__(self) -> bool:
        return self._held > 0

    def add(self, shop: str, item: Item) -> bool:
        """Append to the queue of a shop; False if the shop holds its share, or there is no room."""
        free, mine = self._room - self._held, len(self._of_shops.get(shop, ()))
        if mine >= SHARE * free or (mine and free <= self._kept_free):
            return False
        self._of_shops.setdefault(shop, deque()).append(item)
        self._held += 1
        return True

    def take(self, number: int) -> list[Item]:
        """Remove and return the next ones, at most so many: one of each shop in turn."""
        taken: list[Item] = []
        while self._of_shops and len(taken) < number:
            shop, queue = self._of_shops.popitem(last=False)
            taken.append(queue.popleft())
            if queue:
                self._of_shops[shop] = queue
        self._held -= len(taken)
        return taken
