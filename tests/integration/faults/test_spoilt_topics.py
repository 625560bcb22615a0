"""Whatever is wrong on the topics is found, by the invariants that it breaks and by no other."""

from collections.abc import Iterator

from msgspec import structs

from faults.checkers import check
from faults.topic_dump import Dumped
from mandegar.events import Event, UnreadableEvent, decode, derived_id, encode
from mandegar.events.topics import INGEST_EVENTS, LOYALTY_EVENTS

END_OF_LOG = "I5"


def broken(run) -> set[str]:
    return {finding.invariant.split()[0] for finding in check(run) if not finding.ok}


def events(records: list[Dumped], topic: str, type_: str) -> Iterator[tuple[int, Event]]:
    """The events of one type, with their place among the records."""
    for place, record in enumerate(records):
        try:
            event = decode(record.value)
        except UnreadableEvent:
            continue
        if record.topic == topic and event.type == type_:
            yield place, event


async def test_a_copy_in_the_same_order_is_as_good(spoiling):
    await spoiling.topics(lambda records: records)

    assert broken(spoiling.run) == set()


async def test_a_record_that_was_published_twice_is_no_fault(spoiling):
    """Only its log is longer than what was applied by then."""

    def repeat(records):
        place, _ = next(events(records, INGEST_EVENTS, "order.paid"))
        return [*records, records[place]]

    await spoiling.topics(repeat)

    assert broken(spoiling.run) == {END_OF_LOG}


async def test_an_order_that_is_lost_from_the_topic_is_found(spoiling):
    def lose(records):
        place, _ = next(events(records, INGEST_EVENTS, "order.paid"))
        return [*records[:place], *records[place + 1 :]]

    await spoiling.topics(lose)

    assert broken(spoiling.run) == {"I1", "I3", "I4", "I10", END_OF_LOG}


async def test_an_order_that_no_service_applied_is_found(spoiling):
    def add(records):
        place, event = next(events(records, INGEST_EVENTS, "order.paid"))
        data = structs.replace(event.data, order_id="another")
        other = structs.replace(event, id=derived_id("test", "other", "order.paid"), data=data)
        return [*records, records[place]._replace(value=encode(other))]

    await spoiling.topics(add)

    assert broken(spoiling.run) == {"I3", "I4", "I10", END_OF_LOG}


async def test_two_postings_of_one_version_are_found(spoiling):
    def double(records):
        place, event = next(events(records, LOYALTY_EVENTS, "points.posted"))
        other = structs.replace(event, id=derived_id("test", "other", "points.posted"))
        return [*records, records[place]._replace(value=encode(other))]

    await spoiling.topics(double)

    assert broken(spoiling.run) >= {"I2", "I4", "I10", END_OF_LOG}


async def test_versions_that_were_told_out_of_order_are_found(spoiling):
    def swap(records):
        first: dict[tuple[str, str], int] = {}
        for place, event in events(records, LOYALTY_EVENTS, "points.posted"):
            if event.customer in first:
                before = first[event.customer]
                records[before], records[place] = records[place], records[before]
                return records
            first[event.customer] = place
        raise AssertionError("nobody has two postings")

    await spoiling.topics(swap)

    assert broken(spoiling.run) == {"I7"}


async def test_an_entry_with_other_points_than_the_ledgers_is_found(spoiling):
    def change(records):
        place, event = next(events(records, LOYALTY_EVENTS, "points.posted"))
        entry, *rest = event.data.entries
        entries = (structs.replace(entry, points=entry.points + 1), *rest)
        other = structs.replace(event, data=structs.replace(event.data, entries=entries))
        records[place] = records[place]._replace(value=encode(other))
        return records

    await spoiling.topics(change)

    assert broken(spoiling.run) == {"I3"}
