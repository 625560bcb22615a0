"""Loyalty made again from what it has heard and said, in another database."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

from builders.shops import shop_updated
from harness.in_process import in_process
from harness.loyalty_service import Loyalty
from harness.rebuilding import state_of
from loyalty.account.rebuild_merges import close_the_rest
from loyalty.main import SERVICE
from mandegar.events import Event

REBUILD = replace(
    SERVICE,
    parts=[
        replace(part, reads=part.rebuild.reads, merge=part.rebuild.merge or part.merge) if part.rebuild else part
        for part in SERVICE.parts
    ],
)


def interleaved(random: Random, events: Sequence[Event]) -> Iterator[list[Event]]:
    """The events in batches, those of each key in their order, the keys in any."""
    by_key: defaultdict[str | None, list[Event]] = defaultdict(list)
    for event in events:
        by_key[event.customer_id].append(event)
    while by_key:
        batch = []
        for _ in range(random.randrange(1, 6)):
            if by_key:
                key = random.choice(sorted(by_key, key=str))
                batch.append(by_key[key].pop(0))
                if not by_key[key]:
                    del by_key[key]
        yield batch


@asynccontextmanager
async def rebuilt(make_database, of: Loyalty, heard: Sequence[Event], random: Random):
    """Loyalty in another database, made of what ``of`` has heard and said."""
    async with in_process(REBUILD, await make_database("loyalty"), of.clock.now()) as parts:
        again = Loyalty(*parts)
        for group, reads in REBUILD.subscriptions.items():
            place = [*REBUILD.subscriptions].index(group)
            if "ingest.events" in reads.topics:
                await again.poll("ingest.events", {0: [shop_updated()]}, subscription=place)
                for batch in interleaved(random, heard):
                    assert await again.poll("ingest.events", {0: batch}, subscription=place) == []
            else:
                for batch in interleaved(random, [event for event in of.published if event.type in reads.types]):
                    assert await again.poll("loyalty.events", {0: batch}, subscription=place) == []
        await close_the_rest(again.context)
        yield Loyalty(replace(SERVICE, settle=SERVICE.settle_rebuilt), *parts[1:])


def _both_ways(one: list[Any], other: list[Any]) -> list[tuple[list[Any], list[Any]]]:
    return [(one, other), (other, one)]


async def compare(lived: Loyalty, again: Loyalty) -> None:
    """Both have the same, and the other one had nothing to say."""
    said = await again.pass_time()
    assert said == [], [(event.type, event.customer_id, event.data) for event in said]
    violations = await again.invariant_violations()
    assert violations == [], violations
    expected, found = await state_of(lived.database), await state_of(again.database)
    for table, rows in expected.items():
        missing, added = ([row for row in one if row not in other] for one, other in _both_ways(rows, found[table]))
        assert found[table] == rows, f"{table}: the rebuild lacks {missing}, and has {added}"
    letters = await again.database.worker.fetch("SELECT code, detail FROM dead_letters")
    assert [tuple(letter) for letter in letters] == []
