"""The packed orders converge in any order, and count what a purchase is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from struct import pack as pack_fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.packed_orders import NOON, TEHRAN, Fact, cancelled, folded, paid, refunded, snapshot
from churn.domain.orders import (
    Orders,
    hash_id,
    money,
    pack,
    unpack,
)
from churn.domain.purchases import purchases, statistics
from mandegar.quantities import to_us


def bought(orders: Orders) -> list[tuple[int, Decimal]]:
    return [(purchase.day, money(purchase.net)) for purchase in purchases(orders, TEHRAN)]


FACTS = st.lists(
    st.one_of(
        st.builds(
            snapshot,
            st.sampled_from("ab"),
            st.sampled_from(["0", "10", "25.5"]),
            st.integers(1, 4),
            st.integers(1, 3),
        ),
        st.builds(cancelled, st.sampled_from("ab"), st.integers(1, 4), st.integers(4, 5)),
        st.builds(
            refunded,
            st.sampled_from("ab"),
            st.sampled_from("xy"),
            st.sampled_from(["5", "10"]),
            st.integers(0, 2).map(lambda hours: NOON + timedelta(hours=hours)),
            st.integers(6, 9),
        ),
        st.builds(paid, st.sampled_from("ab"), st.integers(0, 3).map(lambda day: NOON + timedelta(days=day))),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(FACTS, st.data())
def test_facts_in_any_order_and_repeated_give_the_same_bytes(facts: list[Fact], data: st.DataObject) -> None:
    # two amounts under one event id are two events under one id, which the inbox never lets through
    shuffled = data.draw(st.permutations(facts + facts[:3]))
    one, other = folded(*facts), folded(*shuffled)
    for orders in (one, other):
        for order in orders.values():
            order.total = 0 if order.cancelled else 1
            order.refunds = {name: refund._replace(amount=1) for name, refund in (order.refunds or {}).items()}

    assert pack(one) == pack(other)


@settings(deadline=None)
@given(FACTS)
def test_a_pack_is_read_back_as_it_was(facts: list[Fact]) -> None:
    orders = folded(*facts)

    assert pack(unpack(pack(orders))) == pack(orders)


def test_an_order_takes_tens_of_bytes() -> None:
    order = (snapshot("a", "10", 1), paid("a"))

    assert len(pack(folded(*order))) <= 45
    assert len(pack(folded(*order, refunded("a", "r", "4")))) <= 80


def test_a_pack_written_before_refunds_had_times_is_read_and_gives_way_to_a_later_correction() -> None:
    order_id, refund_id = hash_id("a"), hash_id("r")
    old = b"\x01" + pack_fields("<QqQQqBH", order_id, 1, 1, 100_0000, to_us(NOON), 0, 1)
    orders = unpack(old + pack_fields("<QQ", refund_id, 10_0000))

    assert [net for _, net in bought(orders)] == [Decimal(90)]
    refunded("a", "r", "4")(orders)
    assert [net for _, net in bought(unpack(pack(orders)))] == [Decimal(96)]


def test_a_placed_order_is_no_purchase_until_it_is_paid() -> None:
    assert bought(folded(snapshot("a", "10", 1))) == []
    assert len(bought(folded(snapshot("a", "10", 1), paid("a")))) == 1


def test_the_newest_version_gives_the_total_and_the_larger_event_id_breaks_a_tie() -> None:
    newest = folded(paid("a"), snapshot("a", "30", 3), snapshot("a", "20", 2))
    tied = folded(paid("a"), snapshot("a", "30", 3, event=9), snapshot("a", "20", 3, event=7))

    assert [net for _, net in bought(newest)] == [Decimal(30)]
    assert [net for _, net in bought(tied)] == [Decimal(30)]


def test_a_cancelled_order_is_no_purchase_until_a_newer_version_comes() -> None:
    gone = folded(snapshot("a", "10", 1), paid("a"), cancelled("a", 2))
    back = folded(cancelled("a", 2), snapshot("a", "10", 3), paid("a"))

    assert bought(gone) == []
    assert len(bought(back)) == 1


def test_a_refund_waits_for_its_order() -> None:
    orders = folded(refunded("a", "r", "4"), snapshot("a", "10", 1), paid("a"))

    assert [net for _, net in bought(orders)] == [Decimal(6)]


def test_a_full_refund_removes_the_purchase_and_a_partial_one_does_not() -> None:
    partial = (snapshot("a", "10", 1), paid("a"), refunded("a", "r", "4"))

    assert len(bought(folded(*partial))) == 1
    assert bought(folded(*partial, refunded("a", "s", "6"))) == []


def test_an_order_of_zero_is_a_purchase() -> None:
    assert [net for _, net in bought(folded(snapshot("a", "0", 1), paid("a")))] == [Decimal(0)]


def test_orders_of_one_day_in_the_shop_zone_are_one_purchase() -> None:
    before_midnight = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)  # 23:30 in Tehran
    orders = folded(
        snapshot("a", "10", 1),
        paid("a", NOON),
        snapshot("b", "5", 1),
        paid("b", before_midnight),
        snapshot("c", "7", 1),
        paid("c", before_midnight + timedelta(hours=1)),
    )

    assert [net for _, net in bought(orders)] == [Decimal(15), Decimal(7)]
    counted = statistics(purchases(orders, TEHRAN), TEHRAN)
    assert counted is not None
    assert (counted.x, counted.t_x, counted.orders) == (1, 1 / 7, 3)


def test_silence_starts_when_the_day_of_the_last_purchase_ends_in_the_shop() -> None:
    counted = statistics(purchases(folded(snapshot("a", "1", 1), paid("a")), TEHRAN), TEHRAN)

    assert counted is not None
    assert counted.silent_from_us == to_us(datetime(2026, 11, 2, tzinfo=TEHRAN.zone))


def test_a_version_beyond_64_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="64-bit"):
        folded(snapshot("a", "1", 2**70))


def test_bytes_that_are_no_pack_are_refused() -> None:
    with pytest.raises(ValueError, match="not a pack"):
        unpack(b"\x07garbage")
