"""``python -m churn verify``: the figures of each shop once more, from the topics."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, NamedTuple

from churn import NAME
from churn.domain.counting import ZERO, Count, Counts, Place, less
from churn.domain.dimensions import Part, PartCounts
from churn.settings import ChurnSettings
from churn.verify.recompute import Bought, Told
from churn.verify.state_rows import Snapshot, take_snapshot
from mandegar.database import transaction
from mandegar.events.topics import INGEST_EVENTS
from mandegar.kafka import client
from mandegar.months import numbered_month
from mandegar.rebuild.run import NotRebuildable
from mandegar.rebuild.topic_records import Log, ShopRecords, open_reader, read_to
from mandegar.service.context import Context
from mandegar.service.progress import progress
from mandegar.shops import names_of_shops

EXIT_DIFFERS: Final = 2
PRINTED_MAX: Final = 20


class Verification(NamedTuple):
    """The sums that are kept and those of the topics, and how many customers make a difference for now."""

    stored: Counts
    recomputed: Counts
    waiting: int
    stored_parts: PartCounts
    recomputed_parts: PartCounts

    @property
    def different(self) -> list[Place]:
        """Where they differ."""
        return [Place(*place) for place in sorted(less(self.stored, self.recomputed))]

    @property
    def different_parts(self) -> list[tuple[Part, Place]]:
        """Where those of parts of the customers differ."""
        return [
            (part, Place(*place))
            for part in sorted(self.stored_parts.keys() | self.recomputed_parts.keys())
            for place in sorted(less(self.stored_parts.get(part, {}), self.recomputed_parts.get(part, {})))
        ]


async def verify(context: Context[ChurnSettings], shop: str | None, tell: Callable[[str], None]) -> int:
    """Verify one shop, or all; returns how many sums differ. Raises ``NotRebuildable`` for an unknown shop."""
    async with transaction(context.worker) as connection:
        shops = await names_of_shops(connection)
    if shop is not None and shop not in shops:
        raise NotRebuildable(f"there is no shop {shop}")
    different = 0
    for each in shops if shop is None else [shop]:
        done = await verify_shop(context, each)
        lines = [*_differences(done)]
        different += len(lines)
        for line in lines[:PRINTED_MAX]:
            tell(f"{each}: {line}")
        waiting = f", {done.waiting:,} customers are about to be counted anew" if done.waiting else ""
        verdict = f"{len(lines):,} differ" if lines else "all are what the topics make"
        sums = len(done.recomputed) + sum(map(len, done.recomputed_parts.values()))
        tell(f"{each}: {sums:,} sums{waiting}: {verdict}")
    return different


async def verify_shop(context: Context[ChurnSettings], shop: str) -> Verification:
    """Compare the figures of a shop as of the offsets up to which events are applied now. Changes nothing."""
    snapshot = await take_snapshot(context.worker, shop)
    told = Told(shop, snapshot.dead)
    await _read(context, snapshot, told, f"{shop} persons")
    bought = Bought(shop, snapshot.dead, told.persons)
    await _read(context, snapshot, bought, f"{shop} orders")
    recomputed, parts = bought.counts(snapshot.days), bought.parts(snapshot.days)
    return Verification(snapshot.counts, recomputed, snapshot.waiting, snapshot.parts, parts)


async def _read(context: Context[ChurnSettings], snapshot: Snapshot, into: ShopRecords, what: str) -> None:
    settings = context.settings
    where = Log(settings.broker, settings.topic_prefix, settings.partitions)
    consumer, ends = await open_reader(where, INGEST_EVENTS, f"{NAME}-verify", until=snapshot.offsets)
    try:
        with progress(what) as bar:
            await read_to(consumer, ends, into.take, bar.update)
    finally:
        await client.stop_with_deadline(consumer.stop)


def _differences(done: Verification) -> Iterator[str]:
    for place in done.different:
        yield _difference(_named(place), done.stored.get(place, ZERO), done.recomputed.get(place, ZERO))
    for part, place in done.different_parts:
        counts = (of.get(part, {}).get(place, ZERO) for of in (done.stored_parts, done.recomputed_parts))
        yield _difference(f"{_named(place)} of {part[0]} {part[1]!r}", *(Count(*count) for count in counts))


def _difference(what: str, stored: Count, recomputed: Count) -> str:
    return f"{what} differs: stored {_told(stored)}; by the topics {_told(recomputed)}"


def _named(place: Place) -> str:
    if place.kind == "contract_day":
        return f"{place.calendar} contracts of the day {date.fromordinal(place.one)}"
    if place.kind == "ever":
        return f"{place.calendar} sum of all months"
    if not place.one:  # of parts, cohorts are told apart no further
        return f"{place.calendar} {place.kind} of {numbered_month(place.other, place.calendar).label}"
    one = numbered_month(place.one, place.calendar).label
    if place.kind == "ladder":
        return f"{place.calendar} ladder of the cohort {one}, {place.other} orders"
    if place.kind in {"nps", "csat", "visit"}:
        return f"{place.calendar} {place.kind} of {one}"
    if place.kind in {"contract", "trial"}:
        return f"{place.calendar} {place.kind} of {one}, movement {place.other}"
    other = numbered_month(place.other, place.calendar).label if place.other else "never"
    return f"{place.calendar} {place.kind} {one} to {other}"


def _told(count: Count) -> str:
    return ", ".join(f"{name} {number}" for name, number in count._asdict().items())
