"""When Python looks for cycles: hardly ever while it works, and every few seconds besides."""

import asyncio
import gc

YOUNG_MAX = 250_000
EVERY_SECONDS = 5.0


def calm_collector() -> None:
    """Keep the garbage collector from looking through a batch again and again: it takes a tenth of a lane's time.

    What was imported stays for good; batches make many objects that die young, and hardly a cycle among them.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 20, 20)


async def collect_now_and_then(every_seconds: float = EVERY_SECONDS) -> None:
    """Look for cycles until cancelled: a quiet service would else keep every error of a long outage.

    An error that is caught leaves a cycle with all that its frames held; memory rose by 12 MB a minute while the
    database was away.
    """
    while True:
        await asyncio.sleep(every_seconds)
        gc.collect()
