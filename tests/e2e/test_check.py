"""``python -m <service> check``: what operators ask when they doubt the rows of a service."""

import pytest

from harness.processes import service_process
from harness.rebuilding import command

BROKEN = "INSERT INTO customers (shop, customer_id, partition, available) VALUES ('s', 'sara', 0, -5)"


@pytest.fixture
async def loyalty(make_database, tmp_path):
    database = await make_database("loyalty")
    async with service_process(database, "127.0.0.1:1", "", tmp_path / "loyalty.log", ready=False) as process:
        yield process, database


async def test_a_check_of_sound_rows_says_so(loyalty):
    process, _ = loyalty

    assert await command(process, "check") == (0, "loyalty: every invariant holds\n")


async def test_a_check_names_each_invariant_that_is_broken_and_by_whom_and_exits_with_3(loyalty):
    process, database = loyalty
    await database.worker.execute(BROKEN)

    code, words = await command(process, "check")

    assert code == 3
    assert "loyalty: nothing is below zero: s:sara\n" in words
    assert "loyalty: the balance is the sum of the entries: s:sara\n" in words
