"""One service's part of a shop that moves: what it waits for, what it takes along, and what it refuses."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from builders.events import NOON, SHOP
from builders.orders import paid
from builders.shops import shop_updated
from harness.in_process import InProcess
from harness.loyalty_service import SERVICE, Loyalty, in_process, loyalty_service
from mandegar.database import transaction
from mandegar.events.codec import encode
from mandegar.events.topics import INGEST_EVENTS, partition_of
from mandegar.failpoints import FailpointRaised, arm
from mandegar.kafka.broker import Broker
from mandegar.moving.archive import Archive, ArchiveWriter, Manifest, records_member
from mandegar.moving.bring_in import NotMovable, bring_in, prepare
from mandegar.moving.records import Record
from mandegar.moving.sole_run import AnotherRun, require_alone, sole_run
from mandegar.moving.states import State
from mandegar.moving.tables import WrongDatabase
from mandegar.moving.take_out import NotAtRest, Taken, take_out, taken_file, write_states
from mandegar.run.identity_mark import OtherIdentityKey, refuse_other_key
from mandegar.run.moving_mark import BeingMovedInto, refuse_half_moved
from mandegar.shops import record_shops
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.move_in import move_in
from mandegar_local.stack_error import StackError

_STATE = msgspec.json.Decoder(State)


@pytest.fixture
async def new(make_database) -> AsyncIterator[InProcess]:
    """Loyalty on an empty database."""
    async with in_process(SERVICE, await make_database("loyalty")) as parts:
        yield InProcess(*parts)


@pytest.fixture
async def old(make_database) -> AsyncIterator[Loyalty]:
    """Loyalty with customers of two shops."""
    async with loyalty_service(await make_database("loyalty")) as loyalty:
        await refuse_other_key(loyalty.context.worker, "loyalty", loyalty.context.identity_key)
        await loyalty.deliver(shop_updated(shop="other"))
        await loyalty.deliver(paid(), paid("o-2", customer="d"), paid("theirs-1", shop="other", customer="theirs"))
        yield loyalty


async def written(old: InProcess, directory: Path, records: tuple[Any, ...] = (), **changed: Any) -> Path:
    """An archive of what the service takes out, with records of these events."""
    directory.mkdir(exist_ok=True)
    await take_out(SERVICE, old.context, SHOP, {}, directory, 0)
    taken = msgspec.json.decode(taken_file(directory, "loyalty").read_bytes(), type=Taken)
    path = directory / "archive.zip"
    with path.open("wb") as file:
        archive = ArchiveWriter(file)
        for partition in {partition_of(event.partition_key, 12) for event in records}:
            with archive.member(records_member(INGEST_EVENTS, partition)) as member:
                for event in records:
                    if partition_of(event.partition_key, 12) == partition:
                        line = Record(event.partition_key.decode(), encode(event).decode(), 1, [])
                        member.write(msgspec.json.encode(line))
        for source in sorted(directory.glob("*/**/*.jsonl")):
            archive.add_file(source.relative_to(directory).as_posix(), source)
        told: dict[str, Any] = {
            "format": 1, "shop": SHOP, "taken_at": NOON, "partitions": 12, "identity": taken.identity, "ends": {},
            "migrations": {"loyalty": taken.migration}, "customers": taken.customers, "members": archive.members,
        }  # fmt: skip
        archive.close(Manifest(**{**told, **changed}))
    with Archive(path) as archive_again:
        archive_again.check()
    return path


async def states(service: InProcess, file: Path) -> dict[str, str]:
    await write_states(SERVICE, service.context, SHOP, file)
    return {state.customer: state.state for state in map(_STATE.decode, file.read_bytes().splitlines())}


async def test_a_service_that_took_the_rows_in_says_the_same_of_every_customer(old, new, tmp_path):
    path = await written(old, tmp_path / "out")
    await prepare(SERVICE, new.context, path)
    await bring_in(SERVICE, new.context, path)

    wanted = await states(old, tmp_path / "old")
    assert wanted.keys() == {"", "c", "d"}
    assert await states(new, tmp_path / "new") == wanted
    assert await new.database.worker.fetchval("SELECT count(*) FROM customers WHERE shop <> $1", SHOP) == 0
    assert await new.outbox() == []
    assert await new.invariant_violations() == []
    assert await bring_in(SERVICE, new.context, path) == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE customers SET lifetime = lifetime + 1 WHERE customer_id = 'd'",
        "UPDATE orders SET facts = facts || ' ' WHERE customer_id = 'd'",
        "DELETE FROM orders WHERE customer_id = 'd'",
        "UPDATE customers SET due_at = due_at + interval '1 microsecond' WHERE customer_id = 'd'",
    ],
)
async def test_the_state_of_a_customer_changes_with_any_row_of_theirs_and_no_other_does(old, tmp_path, change):
    before = await states(old, tmp_path / "before")
    await old.database.worker.execute(change)
    after = await states(old, tmp_path / "after")
    assert {customer for customer in before if before[customer] != after[customer]} == {"d"}


async def test_more_rows_than_a_statement_takes_arrive_all(old, new, tmp_path):
    await old.database.worker.execute(
        """
        INSERT INTO orders (shop, customer_id, order_id, lot_id, facts, posted)
        SELECT $1, 'd', 'many-' || n, gen_random_uuid(), repeat('x', 9000), '[]' FROM generate_series(1, 2100) AS n
        """,
        SHOP,
    )
    path = await written(old, tmp_path / "out")
    await prepare(SERVICE, new.context, path)
    await bring_in(SERVICE, new.context, path)

    assert await new.database.worker.fetchval("SELECT count(*) FROM orders") == 2102
    assert await states(new, tmp_path / "new") == await states(old, tmp_path / "old")


async def test_the_number_of_the_partition_is_no_state(old, tmp_path):
    before = await states(old, tmp_path / "before")
    await old.database.worker.execute("UPDATE customers SET partition = 1 - partition % 2")
    assert await states(old, tmp_path / "after") == before


async def test_what_was_applied_in_the_old_home_is_not_applied_again_in_the_new_one(old, new, tmp_path):
    events = (paid(), paid("o-2", customer="d"))
    path = await written(old, tmp_path / "out", events)
    await prepare(SERVICE, new.context, path)
    await bring_in(SERVICE, new.context, path)
    before = await states(new, tmp_path / "before")

    offsets = await new.database.worker.fetch(
        "SELECT partition, next_offset FROM offsets WHERE consumer_group = 'loyalty' AND topic = $1", INGEST_EVENTS
    )
    assert len(offsets) == 12
    read = {row["partition"]: row["next_offset"] for row in offsets if row["next_offset"]}
    assert read == {partition_of(event.partition_key, 12): 1 for event in events}
    claims = await new.database.worker.fetch("SELECT event_id FROM inbox WHERE consumer_group = 'loyalty'")
    assert {row["event_id"] for row in claims} == {event.id for event in events}
    # A replay reads them again.
    await new.database.worker.execute("UPDATE offsets SET next_offset = 0")
    assert await new.deliver(*events) == []
    assert await states(new, tmp_path / "after") == before
    assert await new.deliver(paid("o-3", customer="d"))


async def test_rows_are_taken_once_everything_is_published_and_applied(old, tmp_path):
    async def refused(ends: dict[str, list[int]] | None = None, shop: str = SHOP) -> str:
        with pytest.raises(NotAtRest) as raised:
            await take_out(SERVICE, old.context, shop, ends or {}, tmp_path, 0)
        return str(raised.value)

    assert "loyalty has no shop nobody" in await refused(shop="nobody")
    assert "has not applied ingest.events, partition 0, up to offset 99" in await refused({INGEST_EVENTS: [99]})
    event = paid("o-4")
    await old.database.worker.execute(
        "INSERT INTO outbox (topic, hash, key, value) VALUES ('loyalty.events', 0, $1, $2)", b"other:c", encode(event)
    )
    await take_out(SERVICE, old.context, SHOP, {}, tmp_path, 0)
    await old.database.worker.execute("UPDATE outbox SET key = $1", event.partition_key)
    assert "events of the shop that are not published yet" in await refused()
    await old.database.worker.execute("DELETE FROM outbox")
    await old.database.worker.execute(
        "INSERT INTO waiting_beside (shop, customer_id, consumer_group) VALUES ($1, 'c', 'timer')", SHOP
    )
    assert "wait for the lane beside" in await refused()


async def test_what_does_not_fit_is_refused_and_the_database_stays_empty(old, new, tmp_path):
    async def refused(**changed: Any) -> str:
        path = await written(old, tmp_path / "out", **changed)
        with pytest.raises(NotMovable) as raised:
            await prepare(SERVICE, new.context, path)
        assert await new.database.worker.fetchval("SELECT count(*) FROM offsets") == 0
        with pytest.raises(NotMovable, match="--prepare"):
            await bring_in(SERVICE, new.context, path)
        return str(raised.value)

    assert "MANDEGAR_IDENTITY_KEY" in await refused(identity="another")
    assert "MANDEGAR_PARTITIONS=24" in await refused(partitions=24)
    assert "as of the migration 0001_pre_initial" in await refused(migrations={"loyalty": "0001_pre_initial"})
    assert "the clock here is behind" in await refused(taken_at=NOON + timedelta(minutes=2))
    assert "as of the migration None" in await refused(migrations={})
    for shop in ("other", SHOP):
        async with transaction(new.database.worker) as connection:
            await record_shops(connection, [shop_updated(shop=shop)])
        if shop == "other":
            assert "has other shops" in await refused()
    assert f"already has a shop {SHOP}" in await refused()


async def test_a_move_that_was_interrupted_leaves_nothing_and_keeps_the_service_from_starting(old, new, tmp_path):
    path = await written(old, tmp_path / "out")
    await refuse_half_moved(new.database.worker, "loyalty")
    await prepare(SERVICE, new.context, path)
    arm("moving.before_commit:raise")
    try:
        with pytest.raises(FailpointRaised):
            await bring_in(SERVICE, new.context, path)
    finally:
        arm("")
    for table in ("customers", "orders", "entries", "shops", "inbox"):
        assert await new.database.worker.fetchval(f"SELECT count(*) FROM {table}") == 0, table
    with pytest.raises(BeingMovedInto, match="Run `mandegar move-in` again"):
        await refuse_half_moved(new.database.worker, "loyalty")

    await prepare(SERVICE, new.context, path)
    await bring_in(SERVICE, new.context, path)
    await refuse_half_moved(new.database.worker, "loyalty")
    assert await states(new, tmp_path / "new") == await states(old, tmp_path / "old")


async def test_a_move_that_was_given_up_gives_way_to_another_archive(old, new, tmp_path):
    await prepare(SERVICE, new.context, await written(old, tmp_path / "out"))
    await old.deliver(paid("o-9", customer="d"))
    await old.outbox()
    later = await written(old, tmp_path / "later")
    await prepare(SERVICE, new.context, later)
    await bring_in(SERVICE, new.context, later)

    await refuse_half_moved(new.database.worker, "loyalty")
    assert await states(new, tmp_path / "new") == await states(old, tmp_path / "old")


def url_of(service: InProcess) -> str:
    url: str = service.context.settings.worker_database_url.get_secret_value()
    return url


@pytest.mark.parametrize("name", ["relay", "loyalty-worker", "loyalty-web", "loyalty-reporting"])
async def test_no_shop_moves_into_a_database_that_a_process_serves(old, new, tmp_path, name):
    """A web process is one too; so is one that had begun to start before the database was marked."""
    path = await written(old, tmp_path / "out")
    settings = {"application_name": name}
    process = await asyncpg.connect(url_of(new), server_settings=settings)
    with pytest.raises(NotMovable, match=f"a process of loyalty is connected to this database \\({name}\\)"):
        await prepare(SERVICE, new.context, path)
    await process.close()
    assert await new.database.worker.fetchval("SELECT count(*) FROM offsets") == 0

    await prepare(SERVICE, new.context, path)
    process = await asyncpg.connect(url_of(new), server_settings=settings)
    with pytest.raises(NotMovable, match="a process of loyalty is connected"):
        await bring_in(SERVICE, new.context, path)
    await process.close()
    assert await bring_in(SERVICE, new.context, path) > 0


async def test_of_two_runs_into_one_installation_the_second_is_refused_and_told_who_the_first_is(old, new, tmp_path):
    path, home = await written(old, tmp_path / "out"), {"loyalty": {"MANDEGAR_WORKER_DATABASE_URL": url_of(new)}}
    async with sole_run(url_of(new)) as run:
        await run.require()
        with pytest.raises(
            StackError, match=r"^move-in of .*, process \d+, since 20\d\d-.* UTC, is moving a shop in here"
        ):
            await move_in(Installation(Broker("127.0.0.1:1"), 12, home), path)
        # A run that was killed leaves nothing behind.
        await new.database.worker.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'move-in of %'"
        )
        async with sole_run(url_of(new)):
            pass
        with pytest.raises(AnotherRun, match="has ended the session of this move-in"):
            await run.require()


async def test_what_a_killed_run_left_running_is_waited_for(old, new, tmp_path):
    path = await written(old, tmp_path / "out")
    await prepare(SERVICE, new.context, path)
    async with transaction(new.database.worker) as left:
        await require_alone(left)
        for act in (prepare, bring_in):
            with pytest.raises(AnotherRun, match="is taking rows in here: wait until it has ended"):
                await act(SERVICE, new.context, path)
    assert await bring_in(SERVICE, new.context, path) > 0


async def test_a_database_has_one_identity_key(old, new, tmp_path):
    """The key of a file is compared with that of the services, on both sides; the mark does not tell it."""
    path = await written(old, tmp_path / "out")
    await old.database.worker.execute("UPDATE offsets SET topic = 'another' WHERE consumer_group LIKE '%.identity-key'")
    with pytest.raises(OtherIdentityKey, match="not the key under which loyalty runs"):
        await take_out(SERVICE, old.context, SHOP, {}, tmp_path, 0)
    await old.database.worker.execute("DELETE FROM offsets WHERE consumer_group LIKE '%.identity-key'")
    with pytest.raises(OtherIdentityKey, match="loyalty has not started since its last upgrade"):
        await take_out(SERVICE, old.context, SHOP, {}, tmp_path, 0)

    await refuse_other_key(new.context.worker, "loyalty", b"another")
    await prepare(SERVICE, new.context, path)
    await bring_in(SERVICE, new.context, path)
    with pytest.raises(OtherIdentityKey, match="its guests would become strangers"):
        await refuse_other_key(new.context.worker, "loyalty", b"another")
    await refuse_other_key(new.context.worker, "loyalty", new.context.identity_key)
    assert new.context.identity_key.decode() not in str(await new.database.worker.fetch("SELECT * FROM offsets"))


async def test_nothing_is_taken_out_of_the_database_of_another_service(make_database, tmp_path):
    async with in_process(SERVICE, await make_database("notify")) as parts:
        wrong = InProcess(*parts)
        async with transaction(wrong.database.worker) as connection:
            await record_shops(connection, [shop_updated()])
        with pytest.raises(WrongDatabase, match="that of another service"):
            await take_out(SERVICE, wrong.context, SHOP, {}, tmp_path, 0)


async def test_another_archive_of_the_shop_is_not_taken_for_the_one_that_moved_in(old, new, tmp_path):
    path = await written(old, tmp_path / "out")
    await prepare(SERVICE, new.context, path)
    await bring_in(SERVICE, new.context, path)
    await old.deliver(paid("o-9", customer="d"))
    await old.outbox()
    with pytest.raises(NotMovable, match=f"already has a shop {SHOP}"):
        await prepare(SERVICE, new.context, await written(old, tmp_path / "later"))
