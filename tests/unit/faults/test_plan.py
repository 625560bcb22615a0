"""What a shop will send in a drill: decided by the seed alone, and as unruly as it says."""

from collections import Counter
from datetime import UTC, datetime

from faults.plan import Mix, plan

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIX = Mix(events=600, customers=60)


def told(seed: int, mix: Mix = MIX):
    return [event for request in plan("f0-1", seed, mix, NOW) for event in request]


def test_the_seed_decides_every_byte():
    assert told(1) == told(1)
    assert told(1) != told(2)


def test_a_fifth_is_sent_twice_and_never_before_its_first():
    bodies = [event.body for event in told(3) if event.valid]
    assert sum(count - 1 for count in Counter(bodies).values()) == 120


def test_bad_events_stand_among_good_ones_under_every_code():
    codes = Counter(event.expected for event in told(4, Mix(events=600, customers=60, bad=0.3)) if not event.valid)
    assert codes.total() == 180
    assert len(codes) == 12


def test_some_refunds_come_before_their_orders():
    places: dict[str, int] = {}
    early = 0
    for place, event in enumerate(told(5, Mix(events=600, customers=60, reordered_by=600))):
        places.setdefault(event.id, place)
        if event.type == "refund.issued" and event.id.replace("refund.issued", "order.paid") not in places:
            early += 1
    assert early > 5


def test_a_conflict_is_never_parted_from_the_event_it_conflicts_with():
    for request in plan("f0-1", 6, Mix(events=600, customers=60, bad=0.3, batches=(1,)), NOW):
        assert request[0].expected != "id_conflict"
