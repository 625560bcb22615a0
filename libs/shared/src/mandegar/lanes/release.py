"""Releases a dead letter: applies its record again."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

from mandegar.customers.alias_rows import roots_of
from mandegar.customers.applying import apply_to_roots
from mandegar.customers.merging import about, customers_of, queue_of
from mandegar.customers.waiting import add_events, waiting_among
from mandegar.database import Act, Pool, Row, WorkerConnection, is_transient, transaction_of
from mandegar.database.transaction import savepoint
from mandegar.events import CustomerKey, Event, UnreadableEvent, decode
from mandegar.events.topics import RAW_PREFIX
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.lanes import inbox
from mandegar.lanes.application import lock_their_customers, reason_of
from mandegar.lanes.deadletters import delete_letter, mark_released, take_letter
from mandegar.lanes.tally import count_applied
from mandegar.outbox.refusals import unpublishable
from mandegar.outbox.rows import RELAY, queue_set_aside, write_outbox
from mandegar.stream import Record, Subscription, TakesLonger


class NotReleased(ValueError):
    """The dead letter does not exist, was released before, or still cannot be applied."""


async def release(
    pool: Pool,
    act: Act,
    subscriptions: Mapping[str, Subscription],
    letter_id: int,
    now: datetime,
    partitions: int,
    *,
    shop: str | None = None,
) -> None:
    """Apply dead letter ``letter_id`` and mark it released, in one transaction; raises ``NotReleased`` with the reason.

    With ``shop``, dead letters of other shops count as missing.
    """
    async with transaction_of(act, pool) as connection:
        letter = await _take_open(connection, act, letter_id, shop)
        if letter["consumer_group"] == RELAY:
            await _queue_again(connection, letter)
        else:
            await _apply_again(connection, subscriptions, letter, now, partitions)
        await mark_released(connection, letter_id, now)
        reach(StreamFailpoint.DEAD_LETTER_BEFORE_RELEASE)


async def _take_open(connection: WorkerConnection, act: Act, letter_id: int, shop: str | None) -> Row:
    """Lock an open dead letter, whose shop becomes that of ``act``."""
    letter = await take_letter(connection, letter_id)
    if letter is None or letter["released_at"] is not None or shop not in (None, letter["shop"]):
        raise NotReleased("There is no open dead letter with this id")
    act.shop = letter["shop"] or act.shop
    return letter


async def _apply_again(
    connection: WorkerConnection,
    subscriptions: Mapping[str, Subscription],
    letter: Row,
    now: datetime,
    partitions: int,
) -> None:
    subscription = subscriptions.get(letter["consumer_group"])
    if letter["topic"].startswith(RAW_PREFIX):
        raise NotReleased("A record of a raw topic is not applied from here: let the shop's platform produce it again")
    if subscription is None:
        raise NotReleased(f"The service no longer has the consumer group {letter['consumer_group']}")
    if letter["value"] is None:
        record = f"record {letter['record_offset']} of partition {letter['partition']} of {letter['topic']}"
        raise NotReleased(f"Its content is not stored here any more: it is {record}")
    try:
        event = decode(letter["value"])
    except UnreadableEvent as error:
        raise NotReleased(f"The record is still unreadable: {error}") from error
    if not _was_claimed(letter) and (await inbox.claim(connection, letter["consumer_group"], [event])).repeated:
        return
    keys = customers_of([event])
    roots: dict[CustomerKey, CustomerKey] = {}
    try:
        # In the savepoint, because the database may refuse a customer's id.
        async with savepoint(connection):
            roots = await roots_of(connection, keys)
            waiting = await waiting_among(connection, keys | {*roots.values()})
            if (queue := queue_of(event, roots, waiting)) is not None:
                await _set_aside(connection, letter, about(event, queue))
                return
            standings = await lock_their_customers(subscription, [event], connection, partitions)
            roots = dict(standings.roots)
            outgoing = await apply_to_roots(subscription, [event], connection, now, standings)
    except TakesLonger as error:
        if (queue := queue_of(event, roots, error.customers)) is None:
            raise
        await _set_aside(connection, letter, about(event, queue))
        return
    except (ValueError, LookupError, ArithmeticError, TypeError, asyncpg.PostgresError) as error:
        if is_transient(error):
            raise
        raise NotReleased(f"The event still cannot be applied: {reason_of(error)}") from error
    await write_outbox(connection, outgoing)
    await count_applied(connection, letter["consumer_group"], [(letter["partition"], event.type)])


async def _set_aside(connection: WorkerConnection, letter: Row, event: Event) -> None:
    """Append the event behind what waits of its customer."""
    place = letter["topic"], letter["partition"], letter["record_offset"]
    await add_events(connection, letter["consumer_group"], [(event, Record(*place, letter["key"], letter["value"]))])


async def _queue_again(connection: WorkerConnection, letter: Row) -> None:
    """Give a row of the outbox that the relay set aside to the relay again."""
    if (reason := unpublishable(letter["topic"], len(letter["key"]) + len(letter["value"] or b""))) is not None:
        raise NotReleased(f"The row still cannot be published: {reason.detail}")
    try:
        await queue_set_aside(connection, letter)
    except asyncpg.CheckViolationError as error:
        raise NotReleased("The row still cannot be published: its topic belongs to another service") from error


async def drop(pool: Pool, act: Act, letter_id: int, *, shop: str | None = None) -> None:
    """Delete dead letter ``letter_id`` for good; raises ``NotReleased`` if there is no open one of ``shop``."""
    async with transaction_of(act, pool) as connection:
        await _take_open(connection, act, letter_id, shop)
        await delete_letter(connection, letter_id)


def _was_claimed(letter: Row) -> bool:
    """Whether the event was claimed before it failed, so that releasing it must not claim it again."""
    return letter["event_id"] is not None and letter["code"] not in {"too_old", "too_many_hops"}
