"""A source that usually sends and has gone silent raises an alarm, and one that sleeps does not."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from builders.bodies import order_body
from harness.ingest_service import SHOP, Ingest
from ingest.sources.silence import Silence
from mandegar.database import transaction

HOUR = timedelta(hours=1)
Rhythm = Callable[[datetime], int]


def by_day(hour: datetime) -> int:
    """From six in the morning to ten at night."""
    return 40 if 6 <= hour.hour < 22 else 0


async def remember(ingest: Ingest, source_id: str, until: datetime, weeks: int, rhythm: Rhythm) -> None:
    """The source sent in this rhythm up to then."""
    hours = [until - number * HOUR for number in range(1, weeks * 168 + 1)]
    rows = [(source_id, hour, SHOP, rhythm(hour)) for hour in hours if rhythm(hour)]
    async with transaction(ingest.database.worker) as connection:
        await connection.executemany("INSERT INTO source_hours VALUES ($1, $2, $3, $4)", rows)


async def silent_since(ingest: Ingest) -> dict[str, str | None]:
    sources = (await ingest.ask("GET", "/v1/sources")).json()["sources"]
    return {source["source_id"]: source["silent_since"] for source in sources}


async def looked(ingest: Ingest) -> str | None:
    """What the watch finds wrong once it has counted everything."""
    silence = Silence(ingest.context)
    while await silence.look():
        pass
    (check,) = silence.checks.values()
    return await check()


async def test_a_source_that_stops_at_a_time_at_which_it_usually_sends_is_silent_until_it_sends_again(ingest):
    noon = ingest.clock.now()
    await remember(ingest, ingest.source_id, noon, 5, by_day)
    assert await looked(ingest) is None
    ingest.clock.set(noon + HOUR + timedelta(minutes=2))
    wrong = await looked(ingest)

    assert wrong is not None
    assert "are silent: 1;" in wrong
    assert ingest.source_id not in wrong
    assert await silent_since(ingest) == {ingest.source_id: "2026-11-22T12:00:00Z"}

    await ingest.send(order_body())
    ingest.clock.advance(timedelta(minutes=2))
    assert await looked(ingest) is None
    assert await silent_since(ingest) == {ingest.source_id: None}


async def test_a_shop_that_sleeps_at_night_raises_no_alarm_until_it_oversleeps(ingest):
    evening = ingest.clock.now().replace(hour=22)
    await remember(ingest, ingest.source_id, evening, 5, by_day)
    for hour, silent in ((23, False), (26, False), (30, False), (31.1, True)):
        ingest.clock.set(evening.replace(hour=0) + timedelta(hours=hour, minutes=1))
        assert (await looked(ingest) is not None) is silent, hour


@pytest.mark.parametrize("weeks", [1, 2])
async def test_a_young_source_has_no_rhythm(ingest, weeks):
    await remember(ingest, ingest.source_id, ingest.clock.now(), weeks, by_day)
    ingest.clock.advance(timedelta(hours=5))
    assert await looked(ingest) is None


async def test_after_a_holiday_the_rhythm_is_still_known(ingest):
    noon = ingest.clock.now()
    holiday = noon - timedelta(weeks=4)

    def but_for_the_holiday(hour: datetime) -> int:
        return 0 if holiday <= hour < holiday + timedelta(days=13) else by_day(hour)

    await remember(ingest, ingest.source_id, noon, 9, but_for_the_holiday)
    ingest.clock.advance(HOUR + timedelta(minutes=2))
    assert await looked(ingest) is not None


async def test_closed_and_historical_sources_are_not_expected_to_send(ingest):
    history = await ingest.make_source(historical=True)
    for source_id in (history["source_id"], ingest.source_id):
        await remember(ingest, source_id, ingest.clock.now(), 5, by_day)
    ingest.clock.advance(timedelta(hours=2))
    assert await looked(ingest) is not None
    await ingest.ask("POST", f"/v1/sources/{ingest.source_id}/close")
    assert await looked(ingest) is None


async def test_a_source_that_is_silent_for_weeks_is_no_news(ingest):
    await remember(ingest, ingest.source_id, ingest.clock.now(), 5, by_day)
    ingest.clock.advance(timedelta(days=13))
    assert await looked(ingest) is not None
    ingest.clock.advance(timedelta(days=2))
    assert await looked(ingest) is None


async def test_events_are_counted_once_by_the_hour_whoever_looks(ingest):
    began = ingest.clock.now()
    await looked(ingest)
    for number in range(6):
        ingest.clock.set(began + number * timedelta(minutes=25))
        await ingest.send([order_body(id=f"e-{number}-{which}") for which in range(3)])
        await looked(ingest)
        await looked(ingest)
    ingest.clock.advance(timedelta(hours=30))
    await looked(ingest)
    rows = await ingest.database.worker.fetch("SELECT source_id, hour, events FROM source_hours ORDER BY hour")

    assert [tuple(row) for row in rows] == [
        (ingest.source_id, began, 9),
        (ingest.source_id, began + HOUR, 6),
        (ingest.source_id, began + 2 * HOUR, 3),
    ]


async def test_while_one_process_counts_another_leaves_it_to_it(ingest):
    await looked(ingest)
    await ingest.send(order_body())
    ingest.clock.advance(timedelta(minutes=5))
    async with transaction(ingest.database.worker) as connection:
        await connection.fetch("SELECT * FROM rhythm FOR UPDATE")
        assert await looked(ingest) is None
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM source_hours") == 0
    await looked(ingest)
    assert await ingest.database.worker.fetchval("SELECT sum(events) FROM source_hours") == 1
