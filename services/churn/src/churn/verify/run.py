"""``python -m churn verify``: the figures of each shop once more, from the topics."""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from churn import NAME
from churn.domain.counting import ZERO, Count, Counts, Place
from churn.settings import ChurnSettings
from churn.verify.recompute import Bought, Told
from churn.verify.state_rows import Snapshot, shops_of, take_snapshot
from mandegar.events.topics import INGEST_EVENTS
from mandegar.kafka import client
from mandegar.months import numbered_month
from mandegar.rebuild.run import NotRebuildable
from mandegar.rebuild.topic_records import Log, ShopRecords, open_reader, read_to
from mandegar.service.context import Context
from mandegar.service.progress import progress

EXIT_DIFFERS: Final = 2
PRINTED_MAX: Final = 20


class Verification(NamedTuple):
    """The sums that are kept and those of the topics, and how many customers make a difference for now."""

    stored: Counts
    recomputed: Counts
    waiting: int

    @property
    def different(self) -> list[Place]:
        """Where they differ."""
        places = sorted(self.stored.keys() | self.recomputed.keys())
        return [place for place in places if self.stored.get(place, ZERO) != self.recomputed.get(place, ZERO)]


async def verify(context: Context[ChurnSettings], shop: str | None, tell: Callable[[str], None]) -> int:
    """Verify one shop, or all; returns how many sums differ. Raises ``NotRebuildable`` for an unknown shop."""
    shops = await shops_of(context.worker)
    if shop is not None and shop not in shops:
        raise NotRebuildable(f"there is no shop {shop}")
    different = 0
    for each in shops if shop is None else [shop]:
        done = await verify_shop(context, each)
        places = done.different
        different += len(places)
        for place in places[:PRINTED_MAX]:
            stored, recomputed = done.stored.get(place, ZERO), done.recomputed.get(place, ZERO)
            tell(f"{each}: {_named(place)} differs: stored {_told(stored)}; by the topics {_told(recomputed)}")
        waiting = f", {done.waiting:,} customers are about to be counted anew" if done.waiting else ""
        verdict = f"{len(places):,} differ" if places else "all are what the topics make"
        tell(f"{each}: {len(done.recomputed):,} sums{waiting}: {verdict}")
    return different


async def verify_shop(context: Context[ChurnSettings], shop: str) -> Verification:
    """Compare the figures of a shop as of the offsets up to which events are applied now. Changes nothing."""
    snapshot = await take_snapshot(context.worker, shop)
    told = Told(shop, snapshot.dead)
    await _read(context, snapshot, told, f"{shop} persons")
    bought = Bought(shop, snapshot.dead, told.persons)
    await _read(context, snapshot, bought, f"{shop} orders")
    return Verification(snapshot.counts, bought.counts(snapshot.days), snapshot.waiting)


async def _read(context: Context[ChurnSettings], snapshot: Snapshot, into: ShopRecords, what: str) -> None:
    settings = context.settings
    where = Log(settings.broker, settings.topic_prefix, settings.partitions)
    consumer, ends = await open_reader(where, INGEST_EVENTS, f"{NAME}-verify", until=snapshot.offsets)
    try:
        with progress(what) as bar:
            await read_to(consumer, ends, into.take, bar.update)
    finally:
        await client.stop_with_deadline(consumer.stop)


def _named(place: Place) -> str:
    if place.kind == "contract_day":
        return f"{place.calendar} contracts of the day {date.fromordinal(place.one)}"
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
