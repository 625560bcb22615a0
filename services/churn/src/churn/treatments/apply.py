"""Applies ``notify.events`` to treatments, beside the cards."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from churn.settings import ChurnSettings
from churn.treatments.rows import delete_some, save_treatments
from churn.treatments.rules import TYPES, treatments_in
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.service.parts import Expiry
from mandegar.stream import on

# A fit looks back over the windows of its trust: a year and a half at most.
DAYS_KEPT: Final = 730
_DELETED_AT_ONCE: Final = 1_000


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Write what became of messages. Nothing follows before the next fit."""
    if treatments := treatments_in(events):
        await save_treatments(connection, treatments)
    return ()


async def delete_old(connection: WorkerConnection, now: datetime, settings: ChurnSettings) -> int:  # noqa: ARG001
    """Delete what no fit looks back to."""
    return await delete_some(connection, now - timedelta(days=DAYS_KEPT), _DELETED_AT_ONCE)


READS = (on(TYPES, apply, group="card", locks_customers=False),)
EXPIRY = Expiry[ChurnSettings]("treatments", delete_old)
