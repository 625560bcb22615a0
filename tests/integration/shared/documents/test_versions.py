"""Versions of documents: numbered per document, stored once, one writer at a time, each in force from its instant."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from builders.acts import act
from harness.databases import ServiceDatabase
from harness.in_process import NOON
from mandegar.clock import FrozenClock
from mandegar.database import as_shop_writing, transaction
from mandegar.documents.kind import DocumentKind
from mandegar.documents.rows import (
    BEGINNING,
    documents_of,
    heads_of_shops,
    share_lock,
    version_in_force,
    versions_between,
    versions_from,
)
from mandegar.documents.tables import create_versions_table
from mandegar.documents.versions import (
    COMING_MAX,
    Stored,
    VersionRefused,
    built_in,
    in_force,
    store_version,
    withdraw_version,
)

JOURNEYS = DocumentKind("journey", "test_journeys", versions_max=20, per_day_max=13)


@pytest.fixture
async def database(make_database) -> AsyncIterator[ServiceDatabase]:
    """A service's database with a table for many documents of a shop."""
    made = await make_database("loyalty")
    url = made.owner_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(
            lambda sync: create_versions_table(Operations(MigrationContext.configure(sync)), "loyalty", JOURNEYS)
        )
    await engine.dispose()
    return made


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


async def store(database, clock, text: str, name: str = "welcome", shop: str = "s", **more) -> Stored:
    async with as_shop_writing(database.web, act(shop)) as connection:
        return await store_version(connection, JOURNEYS, shop, text, clock=clock, name=name, **more)


async def test_documents_are_numbered_by_name_and_shop(database, clock):
    for name, shop in (("welcome", "s"), ("at_risk", "s"), ("welcome", "t")):
        await store(database, clock, "one", name, shop)
    clock.advance(timedelta(minutes=1))
    second = await store(database, clock, "two")

    async with transaction(database.worker) as connection:
        every = await heads_of_shops(connection, JOURNEYS, ["s", "t"])
        documents = await documents_of(connection, JOURNEYS, every)
        welcome = await versions_from(connection, JOURNEYS, "s", BEGINNING, "welcome")
    assert [(one.shop, one.name, one.version, text) for one, text in zip(every, documents, strict=True)] == [
        ("s", "at_risk", 1, "one"),
        ("s", "welcome", 1, "one"),
        ("s", "welcome", 2, "two"),
        ("t", "welcome", 1, "one"),
    ]
    assert welcome[-1] == second.version


async def test_a_version_is_in_force_from_its_instant_until_the_next_one(database, clock):
    tomorrow = NOON + timedelta(days=1)
    await store(database, clock, "now")
    await store(database, clock, "later", effective_from=tomorrow)
    await store(database, clock, "later still", "other", effective_from=tomorrow)

    async with transaction(database.worker) as connection:
        versions = await versions_from(connection, JOURNEYS, "s", BEGINNING, "welcome")
    before, moment = NOON - timedelta(microseconds=1), timedelta(microseconds=1)
    default = built_in("s", "built in", "welcome")
    assert in_force(versions, before) is None
    assert in_force([default, *versions], before) == default
    assert [in_force(versions, at) for at in (NOON, tomorrow - moment, tomorrow)] == [*versions[:1] * 2, versions[1]]


async def test_the_same_text_is_stored_once_and_another_start_makes_another_version(database, clock):
    first = await store(database, clock, "one", effective_from=NOON + timedelta(days=1))
    also = await store(database, clock, "one", effective_from=NOON + timedelta(days=1))
    now = await store(database, clock, "one")
    again = await store(database, clock, "one")
    later = await store(database, clock, "one", effective_from=NOON + timedelta(days=2))

    assert (first.new, also) == (True, Stored(first.version, new=False))
    assert (now.new, now.version.version, again) == (True, 2, Stored(now.version, new=False))
    assert (later.new, later.version.version) == (True, 3)


async def test_a_version_may_be_put_before_one_that_is_to_come(database, clock):
    """A version for January does not keep a mistake of December in force."""
    days = [timedelta(days=number) for number in range(4)]
    for text, begins in (("third", 3), ("first", 1), ("second", 2), ("now", 0)):
        assert (await store(database, clock, text, effective_from=NOON + days[begins])).new

    async with transaction(database.worker) as connection:
        versions = await versions_from(connection, JOURNEYS, "s", NOON, "welcome")
    assert [version.document for version in versions] == ["now", "first", "second", "third"]
    assert [version.version for version in versions] == [4, 2, 3, 1]
    for day, text in zip(days, ["now", "first", "second", "third"], strict=True):
        present = in_force(versions, NOON + day)
        assert present is not None
        assert present.document == text


@pytest.mark.parametrize(("days", "code"), [(-1, "too_late"), (1, "same_instant")])
async def test_a_version_begins_neither_in_the_past_nor_together_with_another(database, clock, days, code):
    await store(database, clock, "one", effective_from=NOON + timedelta(days=1))

    with pytest.raises(VersionRefused) as refused:
        await store(database, clock, "two", effective_from=NOON + timedelta(days=days))

    assert refused.value.code == code


async def test_only_so_many_versions_of_a_document_may_be_to_come(database, clock):
    hour = timedelta(hours=1)
    await store(database, clock, "now")
    for number in range(1, COMING_MAX + 1):
        await store(database, clock, f"text {number}", effective_from=NOON + number * hour)

    with pytest.raises(VersionRefused) as refused:
        await store(database, clock, "one more", effective_from=NOON + 99 * hour)
    other = await store(database, clock, "text", "other", effective_from=NOON + hour)
    clock.advance(hour)
    assert (await store(database, clock, "one more", effective_from=NOON + 99 * hour)).version.version == COMING_MAX + 2
    assert (refused.value.code, other.new) == ("too_many", True)


@pytest.mark.parametrize("allowed", [True, False])
async def test_only_the_service_knows_whether_a_version_may_begin_in_the_past_or_end_early(database, clock, allowed):
    """It is asked about the version in force then, and the span that would change."""
    asked: list[Any] = []

    async def is_unused(*span: Any) -> bool:
        asked.append(span)
        return allowed or len(asked) == 1

    early, past = NOON - timedelta(days=20), NOON - timedelta(days=9)
    await store(database, clock, "early", effective_from=early, is_unused=is_unused)
    await store(database, clock, "now")
    if allowed:
        stored = await store(database, clock, "past", effective_from=past, is_unused=is_unused)
        withdrawn = await withdraw(database, clock, 1, is_unused=is_unused)
        assert (stored.version.effective_from, withdrawn.version) == (past, 1)
        assert asked == [(0, early, None), (1, past, NOON), (1, early, past)]
        return
    with pytest.raises(VersionRefused) as late:
        await store(database, clock, "past", effective_from=past, is_unused=is_unused)
    with pytest.raises(VersionRefused) as used:
        await withdraw(database, clock, 1, is_unused=is_unused)
    assert (late.value.code, used.value.code) == ("too_late", "in_force")


async def test_two_writers_make_two_versions_in_the_order_of_their_locks(database, clock):
    class Ticking(FrozenClock):
        def now(self):
            self.advance(timedelta(seconds=1))
            return super().now()

    ticking = Ticking(NOON)
    stored = await asyncio.gather(*(store(database, ticking, f"text {number}") for number in range(4)))

    assert sorted(one.version.version for one in stored) == [1, 2, 3, 4]


async def test_a_batch_keeps_new_versions_of_its_shops_out_until_it_ends(database, clock):
    async with transaction(database.worker) as batch:
        await share_lock(batch, JOURNEYS, ["s"])
        other = await store(database, clock, "one", shop="t")
        waiting = asyncio.create_task(store(database, clock, "one"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiting), 0.3)

    assert other.new
    assert (await waiting).new


async def test_no_serving_role_changes_or_removes_a_version(database, clock):
    await store(database, clock, "one")

    for pool in (database.worker, database.web):
        for statement in ("UPDATE test_journeys SET document = ''", "DELETE FROM test_journeys"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(statement)


async def test_of_many_versions_those_of_the_span_are_read(database, clock):
    """What a batch, a list and a new version read does not grow with the versions before: they are only counted."""
    day = timedelta(days=1)
    for number in range(1, 6):
        for name, shop in (("a", "s"), ("b", "s"), ("b", "t")):
            await store(database, clock, f"text {number}", name, shop, effective_from=NOON + number * day)

    async def numbers(shops, since, until):
        async with transaction(database.worker) as connection:
            found = await versions_between(connection, JOURNEYS, shops, since, until)
        return [(version.shop, version.name, version.version) for version in found]

    assert await numbers(["s"], NOON + 2 * day, NOON + 3 * day) == [("s", n, v) for n in "ab" for v in (2, 3)]
    assert await numbers(["s"], NOON + 3.5 * day, NOON + 3.5 * day) == [("s", "a", 3), ("s", "b", 3)]
    assert await numbers(["t", "nobody"], NOON + 4 * day, None) == [("t", "b", 4), ("t", "b", 5)]
    assert await numbers(["t"], BEGINNING, NOON) == []
    assert await numbers(["t"], NOON, NOON + day) == [("t", "b", 1)]
    assert await numbers([], NOON, None) == []
    async with transaction(database.worker) as connection:
        present = await versions_from(connection, JOURNEYS, "s", NOON + 4.5 * day, "a")
        then = await version_in_force(connection, JOURNEYS, "s", NOON + 4.5 * day, "a")
        assert await version_in_force(connection, JOURNEYS, "s", NOON + 4.5 * day, "c") is None
    assert [version.version for version in present] == [4, 5]
    assert then == present[0]


async def withdraw(database, clock, number: int, name: str = "welcome", **more: Any) -> Any:
    async with as_shop_writing(database.web, act("s")) as connection:
        return await withdraw_version(connection, JOURNEYS, "s", number, clock=clock, name=name, **more)


async def test_a_version_to_come_is_withdrawn_and_its_number_is_not_used_again(database, clock):
    far = NOON + timedelta(days=700)
    await store(database, clock, "now")
    mistyped = await store(database, clock, "mistyped", effective_from=far)

    assert await withdraw(database, clock, 2) == mistyped.version
    assert await withdraw(database, clock, 2) is None
    clock.advance(timedelta(minutes=1))
    fixed = await store(database, clock, "fixed")
    again = await store(database, clock, "mistyped", effective_from=far)

    assert (fixed.version.version, again.version.version) == (3, 4)
    async with transaction(database.worker) as connection:
        stored = await versions_from(connection, JOURNEYS, "s", BEGINNING, "welcome")
        between = await versions_between(connection, JOURNEYS, ["s"], NOON, None)
        heads = await heads_of_shops(connection, JOURNEYS, ["s"])
        assert await version_in_force(connection, JOURNEYS, "s", far, "welcome") == again.version
    for found in (stored, between, heads):
        assert [one.version for one in found] == [1, 3, 4]


@pytest.mark.parametrize(("number", "status", "code"), [(1, 409, "in_force"), (9, 404, "unknown_version")])
async def test_what_was_in_force_or_never_stored_cannot_be_withdrawn(database, clock, number, status, code):
    await store(database, clock, "now")

    with pytest.raises(VersionRefused) as refused:
        await withdraw(database, clock, number)

    assert (refused.value.status, refused.value.code) == (status, code)


async def test_a_version_begins_within_two_years(database, clock):
    with pytest.raises(VersionRefused) as refused:
        await store(database, clock, "mistyped", effective_from=datetime(9999, 12, 31, tzinfo=UTC))

    assert (refused.value.status, refused.value.code) == (422, "too_far")


async def test_a_shop_stores_so_many_versions_in_a_day_and_so_many_at_all(database, clock):
    for number in range(JOURNEYS.per_day_max):
        await store(database, clock, f"text {number}", f"journey_{number % 3}")
        clock.advance(timedelta(minutes=1))
    with pytest.raises(VersionRefused) as often:
        await store(database, clock, "one more", "another")
    await store(database, clock, "of another shop", shop="t")
    clock.advance(often.value.retry_after)
    await store(database, clock, "in time")
    clock.advance(timedelta(days=2))
    for number in range(JOURNEYS.versions_max - JOURNEYS.per_day_max - 1):
        await store(database, clock, f"more {number}")
        clock.advance(timedelta(hours=6))
    with pytest.raises(VersionRefused) as many:
        await store(database, clock, "one more")

    assert (often.value.status, often.value.code) == (429, "too_often")
    assert often.value.retry_after == timedelta(days=1, minutes=-JOURNEYS.per_day_max)
    assert (many.value.status, many.value.code) == (409, "too_many_versions")
