"""Releasing a dead letter: the same record, applied again in place."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

from mandegar.database import Pool, Row, is_transient, transaction
from mandegar.events import UnreadableEvent, decode
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.lanes import inbox
from mandegar.lanes.application import lock_their_customers, reason_of
from mandegar.lanes.deadletters import mark_released, take_letter
from mandegar.lanes.tally import count_applied
from mandegar.outbox.rows import write_outbox
from mandegar.stream import Subscription


class NotReleased(ValueError):
    """The letter stays: it does not exist, was released before, or still cannot be applied."""


async def release(
    pool: Pool,
    subscriptions: Mapping[str, Subscription],
    letter_id: int,
    now: datetime,
    partitions: int,
    *,
    shop: str | None = None,
) -> None:
    """Apply dead letter ``letter_id`` and mark it released, in one transaction; ``NotReleased`` says why it stays.

    With ``shop``, only if it is of that shop.
    """
    async with transaction(pool) as connection:
        letter = await take_letter(connection, letter_id)
        if letter is None or letter["released_at"] is not None or shop not in (None, letter["shop"]):
            raise NotReleased("no open dead letter has this id")
        subscription = subscriptions.get(letter["consumer_group"])
        if subscription is None:
            raise NotReleased("this service no longer reads what the letter came from")
        try:
            event = decode(letter["value"])
        except UnreadableEvent as error:
            raise NotReleased(f"still unreadable: {error}") from error
        if _was_claimed(letter) or not await inbox.claim(connection, letter["consumer_group"], [event]):
            try:
                await lock_their_customers(subscription, [event], connection, partitions)
                outgoing = await subscription.apply([event], connection, now)
            except (ValueError, LookupError, ArithmeticError, TypeError, asyncpg.PostgresError) as error:
                if is_transient(error):
                    raise
                raise NotReleased(f"still not applicable: {reason_of(error)}") from error
            await write_outbox(connection, outgoing)
            await count_applied(connection, letter["consumer_group"], [(letter["partition"], event.type)])
        await mark_released(connection, letter_id, now)
        reach(StreamFailpoint.DEAD_LETTER_BEFORE_RELEASE)


def _was_claimed(letter: Row) -> bool:
    """Whether the letter itself holds the inbox claim of its event: it was refused only when it was applied."""
    return letter["event_id"] is not None and letter["code"] not in {"too_old", "too_many_hops"}
