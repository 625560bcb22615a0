"""Answers under an ``Idempotency-Key`` are forgotten after two days; what the commands did is known for ever."""

from datetime import datetime, timedelta

from loyalty.settings import LoyaltySettings
from loyalty.till.key_rows import delete_answers
from mandegar.database import WorkerConnection
from mandegar.service.parts import Expiry

KEPT = timedelta(hours=48)


async def _answers(connection: WorkerConnection, now: datetime, _: LoyaltySettings) -> int:
    return await delete_answers(connection, now - KEPT)


EXPIRIES = (Expiry[LoyaltySettings]("idempotency_keys", _answers),)
