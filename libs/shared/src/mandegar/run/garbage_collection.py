"""Garbage collection: high thresholds during batches, and explicit passes whenever cycles may have gathered."""

import asyncio
import gc
from itertools import count

YOUNG_MAX = 250_000
EVERY_SECONDS = 1.0
# New objects that are still there after a second: an outage leaves far more behind, batches far fewer.
SURVIVORS_MAX = 10_000
YOUNG_EVERY, FULL_EVERY = 5, 15  # turns
_YOUNGEST, _OLDEST = 0, 2  # generations; collecting the oldest collects all


def raise_gc_thresholds() -> None:
    """Exempt imported objects from collection, and raise the thresholds of automatic collection.

    With the default thresholds the collector takes a tenth of a lane's time: a batch creates many short-lived objects,
    few of which are in cycles.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 20, 20)


async def collect_periodically(every_seconds: float = EVERY_SECONDS) -> None:
    """Collect the youngest generation every fifth second, and all of them every fifteenth, until cancelled.

    The youngest is collected after a second already if many objects are new. A caught exception may leave a cycle with
    all objects of its frames. Without these passes memory rose by 12 MB a minute while the database was away, and by
    9 MB a second while a stopping broker refused fetches.
    """
    for turn in count(1):
        await asyncio.sleep(every_seconds)
        if turn % FULL_EVERY == 0:
            gc.collect(_OLDEST)
        elif turn % YOUNG_EVERY == 0 or gc.get_count()[_YOUNGEST] > SURVIVORS_MAX:
            gc.collect(_YOUNGEST)
