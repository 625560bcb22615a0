"""Settles customers at their due instant: holds end, points expire, tiers end, warnings are due, backfills end."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.post import settle_and_post
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event


async def settle(keys: Sequence[CustomerKey], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Settle locked customers whose due instant has come."""
    return await settle_and_post(keys, {}, connection, now)
