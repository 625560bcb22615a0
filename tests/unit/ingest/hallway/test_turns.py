"""Turns of shops and sources: whatever waits, nobody waits for more than everybody's share, and nothing is lost."""

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from ingest.hallway.turns import QUANTUM, Turns

UNITS_MAX = 1_000
ROOM = 500
SHOPS, SOURCES = ("a", "b", "c", "d"), ("1", "2", "3")

units = st.one_of(st.just(1), st.integers(1, UNITS_MAX), st.just(UNITS_MAX))
additions = st.tuples(st.sampled_from(SHOPS), st.sampled_from(SOURCES), units)
# None takes a flush; every shop that was served may come back with its next requests at once.
histories = st.lists(st.one_of(additions, st.none()), max_size=200)


def in_one_go(first: int) -> int:
    """What one other member may take while a request of ``first`` units waits at the head: a share for each turn that
    the request needs, a turn that was under way, and the credit that the other had left."""
    return (-(-first // QUANTUM) + 1) * QUANTUM + UNITS_MAX


class Waiting:
    """Members that wait, and what each of the others was given since each of them was last served."""

    def __init__(self) -> None:
        self.entries: dict[str, list[int]] = defaultdict(list)
        self.given: dict[str, Counter[str]] = {}

    def add(self, member: str, size: int) -> None:
        if not self.entries[member]:
            self.given[member] = Counter()
        self.entries[member].append(size)

    def served(self, member: str, size: int) -> None:
        self.entries[member].remove(size)
        for other, by_member in self.given.items():
            if other != member and self.entries[other]:
                by_member[member] += size
                assert by_member[member] <= in_one_go(max(self.entries[other])), (member, other)
        self.given[member] = Counter()


@given(histories)
def test_nobody_waits_for_more_than_the_share_of_each_other_and_nothing_is_lost(history):
    turns: Turns[tuple[str, str, int, int]] = Turns()
    expected: dict[tuple[str, str], list[int]] = defaultdict(list)
    shops, sources = Waiting(), defaultdict(Waiting)
    waiting = 0

    def flush() -> None:
        nonlocal waiting
        taken = turns.take(ROOM)
        assert taken or not waiting
        assert len(taken) == 1 or sum(size for *_, size in taken) <= ROOM
        for shop, source, number, size in taken:
            assert expected[shop, source].pop(0) == number, "a source's requests changed their order"
            shops.served(shop, size)
            sources[shop].served(source, size)
            waiting -= size
        assert turns.units == waiting

    for number, step in enumerate(history):
        if step is None:
            flush()
            continue
        shop, source, size = step
        turns.add(shop, source, (shop, source, number, size), size)
        expected[shop, source].append(number)
        shops.add(shop, size)
        sources[shop].add(source, size)
        waiting += size
    while turns:
        flush()
    assert waiting == turns.units == 0
    assert not any(expected.values())


def test_a_shop_that_comes_back_after_every_turn_gains_nothing_by_it():
    turns: Turns[str] = Turns()
    for number in range(10):
        turns.add("patient", "1", f"p{number}", UNITS_MAX)
    served = Counter[str]()
    turns.add("eager", "1", "e", UNITS_MAX)
    for _ in range(12):
        (item,) = turns.take(ROOM)
        served[item[0]] += 1
        if item == "e":
            turns.add("eager", "1", "e", UNITS_MAX)

    assert served["p"] >= 5


def test_one_request_of_a_newcomer_is_in_the_next_flush_however_much_waits():
    turns: Turns[str] = Turns()
    for number in range(1_000):
        turns.add("greedy", str(number % 3), "g", 100)
    turns.take(ROOM)
    turns.add("modest", "1", "m", 1)

    assert "m" in turns.take(ROOM)


def test_a_second_source_of_a_shop_does_not_wait_behind_the_first():
    turns: Turns[str] = Turns()
    for _ in range(1_000):
        turns.add("shop", "browser", "b", 50)
    turns.take(ROOM)
    turns.add("shop", "server", "s", 1)

    assert "s" in turns.take(ROOM)


@given(st.lists(st.tuples(st.sampled_from(SHOPS), st.sampled_from(SOURCES), st.integers(1, 50)), max_size=50))
def test_what_is_dropped_is_the_head_of_every_queue_and_leaves_the_rest_in_order(added):
    turns: Turns[tuple[str, str, int]] = Turns()
    for number, (shop, source, size) in enumerate(added):
        turns.add(shop, source, (shop, source, number), size)
    late = len(added) // 2
    dropped = turns.drop(lambda item: item[2] < late)
    assert sorted(number for *_, number in dropped) == list(range(late))
    assert turns.units == sum(size for _, _, size in added[late:])

    rest: list[tuple[str, str, int]] = []
    while turns:
        rest += turns.take(ROOM)
    assert sorted(number for *_, number in rest) == list(range(late, len(added)))
