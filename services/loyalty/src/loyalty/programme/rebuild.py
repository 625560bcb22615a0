"""Programme versions, restored from what loyalty has published, and the zones of shops."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.programme.apply import restore_zones
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.draw_dues import look_at_draws
from loyalty.programme.word_rows import insert_words
from mandegar.database import WorkerConnection
from mandegar.documents.rows import Version, record_withdrawal
from mandegar.documents.versions import restore_version
from mandegar.events import Event
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.shops import SHOPS
from mandegar.stream import on


async def restore_programmes(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store the version in each ``programme.changed``, or withdraw it."""
    for event in events:
        data = event.data
        if data.withdrawn:
            await record_withdrawal(connection, PROGRAMMES, (event.shop, "", data.version), event.recorded_time)
            continue
        version = Version(event.shop, "", data.version, data.effective_from, data.document, event.recorded_time)
        await restore_version(connection, PROGRAMMES, version, now)
        await insert_words(connection, event.shop, data.words)
    await look_at_draws(connection, {event.shop for event in events})
    return ()


# Programmes first: they say which acts are kept.
REBUILD = Rebuild(
    reads=(
        on({"programme.changed"}, restore_programmes, group=f"{REBUILD_GROUP}.programmes"),
        SHOPS,
        on({"shop.updated"}, restore_zones),
    )
)
