"""Gives the contacts of aliases to their roots."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged
from notify.contacts.merge_rows import load_versioned, save_versioned
from notify.domain.contact import Contact
from notify.domain.one_person import Versioned, taken_over


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Leave nothing in the rows of aliases but the versions of their bands, which their sends need to move."""
    before = await load_versioned(connection, {key for alias, root, _ in merged for key in (alias, root)})
    after = dict(before)
    for alias, root, _ in merged:
        after[root] = taken_over(after[root], after[alias])
        after[alias] = _nothing_of(alias)
    if changed := [held for key, held in after.items() if held != before[key]]:
        await save_versioned(connection, changed)
    return ()


def _nothing_of(key: CustomerKey) -> Versioned:
    return Versioned(
        Contact(
            *key,
            email=None,
            phone=None,
            name=None,
            email_since=None,
            phone_since=None,
            locale=None,
            zone=None,
            shop_consents={},
            own_consents={},
            points=None,
            tier=None,
            last_paid_at=None,
        )
    )
