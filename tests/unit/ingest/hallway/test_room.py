"""Room for requests: no shop fills it for another, no source for another of its shop."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.sources import Shop, Source
from ingest.hallway.room import Room, units_of

UNITS = 20_000
REQUEST = 1_000


def source(shop: str, name: str = "1") -> Source:
    return Source(f"{shop}-{name}", Shop(shop, "IRR", ZoneInfo("Asia/Tehran"), "IR"))


def fill(room: Room, source: Source, size: int = REQUEST) -> int:
    """How many units the source gets when it takes whatever it may."""
    taken = 0
    while room.has(source, size):
        room.take(source, size)
        taken += size
    return taken


def test_a_shop_alone_may_hold_more_than_half_and_never_all():
    room = Room(UNITS)

    assert UNITS / 2 < fill(room, source("greedy"), 1) < UNITS * 0.6
    assert not room.has(source("greedy"), 1)


@given(st.integers(1, 12), st.sampled_from([1, 100, REQUEST]))
def test_whatever_others_hold_a_shop_that_comes_later_finds_room(shops, size):
    room = Room(UNITS)
    for number in range(shops):
        fill(room, source(f"greedy-{number}"), size)

    assert room.has(source("modest"), 1)


def test_a_source_leaves_room_to_the_others_of_its_shop():
    room = Room(UNITS)
    fill(room, source("shop", "browser"))

    assert not room.has(source("shop", "browser"), REQUEST)
    assert fill(room, source("shop", "server")) >= REQUEST


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.integers(1, REQUEST)), max_size=40))
def test_what_is_given_back_can_be_taken_again(held):
    room = Room(UNITS)
    for shop, name, units in held:
        room.take(source(shop, name), units)
    assert room.held == sum(units for *_, units in held)
    for shop, name, units in held:
        room.give_back(source(shop, name), units)

    assert room.held == 0
    assert fill(room, source("a"), 1) == fill(Room(UNITS), source("a"), 1)


def test_a_request_counts_its_events_or_its_bytes_whichever_are_more():
    assert units_of(1_000, 100_000) == 1_000
    assert units_of(2, 1024 * 1024) == 256
    assert units_of(1, 10) == units_of(0, 0) == 1


def test_sources_are_told_apart_by_their_ids_alone():
    room = Room(UNITS)
    here = source("shop")
    room.take(here, 5)
    room.give_back(replace(here, unit="IRT"), 5)

    assert room.held == 0
