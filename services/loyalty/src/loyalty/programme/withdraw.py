"""Withdrawing a version of a shop's programme that is still to come, or under which nobody has earned points."""

from loyalty.programme.document import PROGRAMMES
from loyalty.programme.draw_dues import look_at_draws
from loyalty.programme.events import programme_event
from loyalty.programme.rows import unused_in
from mandegar.clock import Clock
from mandegar.database import ShopConnection
from mandegar.documents.versions import withdraw_version
from mandegar.outbox import write_outbox


async def withdraw_programme(connection: ShopConnection, shop: str, number: int, clock: Clock) -> None:
    """Withdraw and publish it; nothing happens if it was withdrawn before. Raises ``VersionRefused``."""
    await look_at_draws(connection, [shop])
    unused = unused_in(connection, shop)
    version = await withdraw_version(connection, PROGRAMMES, shop, number, clock=clock, is_unused=unused)
    if version is not None:
        await write_outbox(connection, [programme_event(version, withdrawn_at=clock.now())])
