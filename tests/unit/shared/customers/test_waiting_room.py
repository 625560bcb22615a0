"""Who finds room, and whose turn it is."""

from hypothesis import given
from hypothesis import strategies as st

from mandegar.customers.waiting_room import KEPT_FREE, WaitingRoom


def test_shops_take_turns_and_each_keeps_its_order():
    room: WaitingRoom[str] = WaitingRoom(100)
    for number in range(4):
        room.add("greedy", f"g{number}")
    room.add("modest", "m0")
    room.add("modest", "m1")

    assert room.take(3) == ["g0", "m0", "g1"]
    assert room.take(9) == ["m1", "g2", "g3"]
    assert not room


@given(st.lists(st.sampled_from("abcde"), max_size=300), st.integers(1, 80))
def test_there_is_always_room_for_a_shop_that_has_none_waiting(arrivals, size):
    """Whoever waits already, and however many they are that take what they can."""
    room: WaitingRoom[str] = WaitingRoom(size)
    for shop in arrivals:
        room.add(shop, shop)
        held = room._held
        assert held <= size
    if len(set(arrivals)) < min(KEPT_FREE, size // 8):
        assert room.add("newcomer", "n")


def test_a_shop_alone_holds_two_thirds():
    room: WaitingRoom[int] = WaitingRoom(90)

    assert sum(room.add("a", number) for number in range(200)) == 60
    assert len(room.take(1_000)) == 60
