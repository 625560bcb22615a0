"""How much of dead letters is kept, and for how long: the place of a record always, its content within bounds."""

from datetime import timedelta

from mandegar.database import transaction
from mandegar.lanes import deadletters
from mandegar.lanes.deadletters import DeadLetter, keep, mark_released
from mandegar.run.upkeep import DEAD_LETTERS, delete_expired
from mandegar.stream import Record


def letter(offset: int, shop: str | None, size: int = 10) -> DeadLetter:
    return DeadLetter(Record("t", 0, offset, b"key", b"v" * size), "code", "detail", shop=shop)


async def contents(ingest) -> dict[int, bool]:
    rows = await ingest.database.worker.fetch("SELECT record_offset, value IS NOT NULL AS kept FROM dead_letters")
    return {row["record_offset"]: row["kept"] for row in rows}


async def keep_all(ingest, *letters: DeadLetter) -> None:
    async with transaction(ingest.database.worker) as connection:
        await keep(connection, "group", letters, ingest.clock.now())


async def test_above_its_budget_a_shops_dead_letter_names_its_record_alone(ingest, monkeypatch):
    monkeypatch.setattr(deadletters, "CONTENTS_MAX", 2)
    await keep_all(ingest, letter(0, "atlas"), letter(1, "atlas"), letter(2, "b"), letter(3, None))
    await keep_all(ingest, letter(4, "atlas"), letter(5, "b"), letter(6, "b"), letter(7, None), letter(8, None))

    assert {offset for offset, kept in (await contents(ingest)).items() if not kept} == {4, 6, 8}
    listed = (await ingest.ask("GET", "/v1/deadletters", "ops")).json()["dead_letters"]
    assert [
        (row["record_offset"], row["has_content"], row["kept_until"]) for row in listed if row["shop"] == "atlas"
    ] == [
        (4, False, None),
        (1, True, "2027-02-20T12:00:00Z"),
        (0, True, "2027-02-20T12:00:00Z"),
    ]


async def test_the_budget_is_in_bytes_too(ingest, monkeypatch):
    monkeypatch.setattr(deadletters, "CONTENT_BYTES_MAX", 100)
    await keep_all(ingest, letter(0, "a", 60), letter(1, "a", 60), letter(2, "a", 40))

    assert await contents(ingest) == {0: True, 1: False, 2: True}


async def test_dead_letters_expire_after_ninety_days(ingest, monkeypatch):
    monkeypatch.setattr(deadletters, "DELETE_LIMIT", 2)
    await keep_all(ingest, *(letter(offset, "a") for offset in range(8)))
    async with transaction(ingest.database.worker) as connection:
        await keep(connection, "relay", [letter(100, "a")], ingest.clock.now())
    async with transaction(ingest.database.worker) as connection:
        for row in await connection.fetch("SELECT id FROM dead_letters ORDER BY id LIMIT 3"):
            await mark_released(connection, row["id"], ingest.clock.now())
    ingest.clock.advance(timedelta(days=89))
    await keep_all(ingest, letter(8, "a"))
    # What the relay could not publish is on no topic: its content stays.
    all_kept = {**dict.fromkeys(range(9), True), 100: True}
    for days, expected in ((0, all_kept), (2, {**dict.fromkeys(range(3, 8), False), 8: True, 100: True})):
        ingest.clock.advance(timedelta(days=days))
        for expiry in DEAD_LETTERS:
            await delete_expired(ingest.database.worker, ingest.clock, ingest.context.settings, expiry)
        assert await contents(ingest) == expected
