"""Storing a new version of a shop's journey."""

from datetime import datetime

from mandegar.clock import Clock
from mandegar.database import ShopConnection
from mandegar.documents.versions import Stored, VersionRefused, store_version
from mandegar.outbox import write_outbox
from notify.journeys.document import JOURNEYS, check_journey
from notify.journeys.events import journey_changed
from notify.journeys.rows import count_names

NAMES_MAX = 100


async def put_journey(
    connection: ShopConnection, shop: str, name: str, document: str, effective_from: datetime | None, clock: Clock
) -> Stored:
    """Store and publish a version of a journey; storing the newest text again makes no new version.

    Raises ``InvalidDocument`` and ``VersionRefused``.
    """
    check_journey(document)
    stored = await store_version(
        connection, JOURNEYS, shop, document, clock=clock, effective_from=effective_from, name=name
    )
    if stored.new:
        if stored.version.version == 1 and await count_names(connection, shop) > NAMES_MAX:
            raise VersionRefused("too_many", f"A shop has at most {NAMES_MAX} journeys of its own")
        await write_outbox(connection, [journey_changed(stored.version)])
    return stored
