"""When Python looks for cycles: hardly ever while it works, and each second besides."""

import asyncio
import gc
from itertools import count

YOUNG_MAX = 250_000
EVERY_SECONDS = 1.0
EVERYTHING_EVERY = 5
_WHAT_IS_NEW, _EVERYTHING = 0, 2  # generations, as the collector counts them


def raise_gc_thresholds() -> None:
    """Keep the garbage collector from looking through a batch again and again: it takes a tenth of a lane's time.

    What was imported stays for good; batches make many objects that die young, and hardly a cycle among them.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 20, 20)


async def collect_periodically(every_seconds: float = EVERY_SECONDS) -> None:
    """Look for cycles among what is new, each fifth time among everything, until cancelled.

    An error that is caught leaves a cycle with all that its frames held: memory rose by 12 MB a minute while the
    database was away, and by 9 MB a second while a broker that was about to stop refused fetch after fetch.
    """
    for turn in count(1):
        await asyncio.sleep(every_seconds)
        gc.collect(_EVERYTHING if turn % EVERYTHING_EVERY == 0 else _WHAT_IS_NEW)
