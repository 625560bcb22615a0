"""Putting a new version of a shop's catalogue among the others, and withdrawing one."""

from datetime import datetime
from typing import NamedTuple

from loyalty.programme.rows import rules_of
from loyalty.rewards.document import CATALOGUES, read_catalogue
from loyalty.rewards.events import rewards_event
from loyalty.rewards.warnings import warnings_of
from mandegar.calendar import shop_days
from mandegar.clock import Clock
from mandegar.database import ShopConnection
from mandegar.documents.nodes import LineError
from mandegar.documents.versions import Stored, store_version, withdraw_version
from mandegar.outbox import write_outbox
from mandegar.shops import Shop


class StoredCatalogue(NamedTuple):
    """A stored version, and what its author should look at."""

    stored: Stored
    warnings: list[LineError]


async def put_catalogue(
    connection: ShopConnection, shop: Shop, document: str, effective_from: datetime | None, clock: Clock
) -> StoredCatalogue:
    """Store and publish a version of the shop's catalogue; the same text again is no new version.

    Raises ``InvalidDocument`` and ``VersionRefused``.
    """
    read = read_catalogue(document, currency=shop.currency, is_new=True)
    programmes = (await rules_of(connection, shop.shop)).programmes
    tiers = {tier.name for programme in programmes for tier in programme.tiers}
    stored = await store_version(
        connection, CATALOGUES, shop.shop, document, clock=clock, effective_from=effective_from
    )
    if stored.new:
        await write_outbox(connection, [rewards_event(stored.version)])
    return StoredCatalogue(stored, warnings_of(read, days=shop_days(shop.zone), tiers=tiers, now=clock.now()))


async def withdraw_catalogue(connection: ShopConnection, shop: str, number: int, clock: Clock) -> None:
    """Withdraw and publish a version to come; nothing happens if it was withdrawn before. Raises ``VersionRefused``."""
    version = await withdraw_version(connection, CATALOGUES, shop, number, clock=clock)
    if version is not None:
        await write_outbox(connection, [rewards_event(version, withdrawn_at=clock.now())])
