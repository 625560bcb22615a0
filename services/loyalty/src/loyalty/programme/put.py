"""Putting a new version of a shop's programme among the others."""

from datetime import datetime

from loyalty.programme.document import PROGRAMMES, parse_programme
from loyalty.programme.events import programme_event
from loyalty.programme.rows import unused_in
from mandegar.clock import Clock
from mandegar.database import ShopConnection
from mandegar.documents.versions import Stored, store_version
from mandegar.outbox import write_outbox
from mandegar.shops import Shop


async def put_programme(
    connection: ShopConnection, shop: Shop, document: str, effective_from: datetime | None, clock: Clock
) -> Stored:
    """Store and publish a version of the shop's programme; the same text again is no new version.

    Raises ``InvalidDocument`` and ``VersionRefused``.
    """
    parse_programme(document, version=1, effective_from=0, currency=shop.currency, is_new=True)

    stored = await store_version(
        connection,
        PROGRAMMES,
        shop.shop,
        document,
        clock=clock,
        effective_from=effective_from,
        is_unused=unused_in(connection, shop.shop),
    )
    if stored.new:
        await write_outbox(connection, [programme_event(stored.version)])
    return stored
