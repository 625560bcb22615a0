"""The packed orders converge in any order, and count what a purchase is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from struct import pack as pack_fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.packed_orders import NOON, TEHRAN, Fact, cancelled, folded, pack, paid, refunded, snapshot, unpack
from churn.domain.orders import Orders, hash_id, money
from churn.domain.purchases import purchases, statistics
from mandegar.events.orders import PAID, PLACED, STATUSES, UPDATED
from mandegar.quantities import to_us


def bought(orders: Orders) -> list[tuple[int, Decimal]]:
    return [(purchase.day, money(purchase.net)) for purchase in purchases(orders, TEHRAN)]


TIMES = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
VERSIONS = st.sampled_from([None, None, 1, 2, 3])
FACTS = st.lists(
    st.one_of(
        st.builds(
            snapshot,
            st.sampled_from("ab"),
            st.sampled_from(["0", "10", "25.5"]),
            VERSIONS,
            TIMES,
            st.sampled_from([PLACED, PAID, UPDATED]),
            st.sampled_from([None, None, *STATUSES]),
        ),
        st.builds(cancelled, st.sampled_from("ab"), VERSIONS, TIMES),
        st.builds(refunded, st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from(["5", "10"]), TIMES),
        st.builds(paid, st.sampled_from("ab"), TIMES),
    ),
    max_size=8,
)


@settings(max_examples=500, deadline=None)
@given(FACTS, st.data())
def test_facts_in_any_order_and_repeated_give_the_same_bytes(facts: list[Fact], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(facts + facts[:3]))

    assert pack(folded(*facts)) == pack(folded(*shuffled))


@settings(max_examples=500, deadline=None)
@given(FACTS, FACTS)
def test_a_pack_is_read_back_as_it_was(facts: list[Fact], later: list[Fact]) -> None:
    orders = folded(*facts)
    read = unpack(pack(orders))

    assert pack(read) == pack(orders)
    for fact in later:
        fact(orders)
        fact(read)
    assert pack(read) == pack(orders)


def test_an_order_takes_tens_of_bytes() -> None:
    order = (snapshot("a", "10", None, stage=PAID), paid("a"))
    numbered = (snapshot("a", "10", 1, stage=PAID), paid("a"))

    assert len(pack(folded(*order))) == 1 + 36
    assert len(pack(folded(*order, snapshot("a", "9", None, NOON + timedelta(1))))) == 1 + 44
    assert len(pack(folded(*numbered))) == 1 + 44
    assert len(pack(folded(*order, refunded("a", "r", "4")))) == 1 + 60


def earlier_pack(version: int, *, cancelled: bool = False, paid_at: int = to_us(NOON)) -> bytes:
    """One order of 100 as the release before wrote it."""
    total = 0 if cancelled else 100_0000
    return b"\x02" + pack_fields("<QqQQqBH", hash_id("a"), version, 1, total, paid_at, int(cancelled), 0)


LATER = NOON + timedelta(days=1)
A_TIME = to_us(NOON) + 60_000_000


@pytest.mark.parametrize(
    ("old", "later", "net"),
    [
        pytest.param(earlier_pack(A_TIME), (), ["100"], id="a-time"),
        pytest.param(earlier_pack(7), (), ["100"], id="a-number"),
        pytest.param(earlier_pack(A_TIME), (snapshot("a", "40", None, LATER),), ["40"], id="a-time-then-later"),
        pytest.param(earlier_pack(A_TIME), (snapshot("a", "40", None, NOON),), ["100"], id="a-time-then-earlier"),
        pytest.param(earlier_pack(7), (snapshot("a", "40", 8, LATER),), ["40"], id="a-number-then-higher"),
        pytest.param(earlier_pack(7), (snapshot("a", "40", 6, LATER),), ["100"], id="a-number-then-lower"),
        pytest.param(earlier_pack(7), (snapshot("a", "40", None, LATER),), ["40"], id="a-number-then-a-time"),
        pytest.param(earlier_pack(A_TIME), (cancelled("a", None, LATER),), [], id="a-time-then-cancelled"),
        pytest.param(earlier_pack(7), (cancelled("a", None, LATER),), [], id="a-number-then-cancelled"),
        pytest.param(earlier_pack(A_TIME, cancelled=True), (), [], id="cancelled"),
        pytest.param(earlier_pack(7, cancelled=True), (), [], id="cancelled-by-number"),
        pytest.param(
            earlier_pack(A_TIME, cancelled=True), (snapshot("a", "40", None, LATER),), [], id="cancelled-then-a-note"
        ),
        pytest.param(
            earlier_pack(A_TIME, cancelled=True), (snapshot("a", "40", None, LATER, PAID),), ["40"], id="paid-again"
        ),
        pytest.param(
            earlier_pack(7, cancelled=True), (snapshot("a", "40", 8, LATER),), ["40"], id="a-higher-number-revives"
        ),
        pytest.param(earlier_pack(-(2**63)), (snapshot("a", "40", 1, LATER),), ["40"], id="nothing-yet"),
    ],
)  # fmt: skip
def test_a_pack_of_the_release_before_keeps_its_meaning(old: bytes, later: tuple[Fact, ...], net: list[str]) -> None:
    orders = unpack(old)
    for fact in later:
        fact(orders)

    assert [net for _, net in bought(unpack(pack(orders)))] == [Decimal(one) for one in net]


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


def test_the_newest_version_gives_the_total_and_of_two_at_one_time_the_lower_counts() -> None:
    newest = folded(paid("a"), snapshot("a", "30", 3), snapshot("a", "20", 2))
    tied = folded(paid("a"), snapshot("a", "30", 3), snapshot("a", "20", 3))

    assert [net for _, net in bought(newest)] == [Decimal(30)]
    assert [net for _, net in bought(tied)] == [Decimal(20)]


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
