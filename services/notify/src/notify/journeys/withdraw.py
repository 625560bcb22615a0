"""Withdrawing a version of a shop's journey that is still to come."""

from mandegar.clock import Clock
from mandegar.database import ShopConnection
from mandegar.documents.versions import withdraw_version
from mandegar.outbox import write_outbox
from notify.journeys.document import JOURNEYS
from notify.journeys.events import journey_changed


async def withdraw_journey(connection: ShopConnection, shop: str, name: str, number: int, clock: Clock) -> None:
    """Withdraw and publish it; nothing happens if it was withdrawn before. Raises ``VersionRefused``."""
    version = await withdraw_version(connection, JOURNEYS, shop, number, clock=clock, name=name)
    if version is not None:
        await write_outbox(connection, [journey_changed(version, withdrawn_at=clock.now())])
