"""The sample that the demo plays: complete, exact, and the same in every run."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from mandegar_local.demo.events import batches, history
from mandegar_local.demo.orders import CUSTOMERS, LINES, RIALS_PER_DOLLAR, ZONE, move_to, read_lines, sample_file

ORIGIN = datetime(2026, 11, 22, 12, tzinfo=ZONE)


@pytest.fixture(scope="module")
def lines():
    return read_lines(sample_file().read_text())


@pytest.fixture(scope="module")
def orders(lines):
    return list(move_to(lines, ORIGIN))


def test_the_file_has_all_lines_and_customers(lines):
    assert len(lines) == LINES
    assert len({line.customer for line in lines}) == CUSTOMERS
    assert list(range(1, LINES + 1)) == [line.number for line in lines]


def test_identical_lines_stay_different_orders(lines, orders):
    distinct = {(line.customer, line.day, line.dollars) for line in lines}

    assert len(distinct) < LINES
    assert len({order.order_id for order in orders}) == LINES


def test_the_last_day_becomes_the_day_of_the_origin_and_all_others_keep_their_distance(lines, orders):
    assert ORIGIN.date() == max(order.paid_at.date() for order in orders)
    for (line, order), (next_line, next_order) in pairwise(zip(lines, orders, strict=True)):
        assert next_line.day - line.day == next_order.paid_at.date() - order.paid_at.date()


def test_amounts_are_exact(lines, orders):
    for line, order in zip(lines, orders, strict=True):
        assert Decimal(order.rials) == line.dollars * RIALS_PER_DOLLAR
    assert sum(order.rials == 0 for order in orders) == 8
    assert [str(order.rials) for order in orders] == [event["data"]["total"] for event in history(orders)]


def test_orders_are_paid_within_shop_hours_and_never_after_the_origin(orders):
    assert all(9 <= order.paid_at.hour < 21 for order in orders)
    assert all(order.paid_at < ORIGIN for order in orders)


@pytest.mark.parametrize("hour", [0, 3, 9, 10, 23])
def test_an_origin_at_any_hour_leaves_no_order_in_the_future(lines, hour):
    origin = ORIGIN.replace(hour=hour, minute=0, second=1)

    moved = list(move_to(lines, origin))

    assert all(order.paid_at <= origin for order in moved)
    assert origin.date() == max(order.paid_at.date() for order in moved)


def test_the_day_of_the_origin_is_the_one_in_tehran(lines):
    late = datetime(2026, 11, 22, 23, tzinfo=UTC)  # 02:30 of the next day in Tehran

    assert ORIGIN.date() + timedelta(days=1) == max(order.paid_at.date() for order in move_to(lines, late))


def test_two_runs_write_the_same_bodies(lines, orders):
    again = list(move_to(lines, ORIGIN.astimezone(UTC)))

    assert history(orders) == history(again)


def test_consent_dates_from_the_first_order_in_every_event_of_a_customer(orders):
    agreed = {}
    for event in history(orders):
        if "consent" in event["customer"]:
            agreed.setdefault(event["customer"]["id"], set()).add(event["customer"]["consent"]["email"]["at"])

    first = {}
    for order in orders:
        first[f"c-{order.customer}"] = min(order.paid_at, first.get(f"c-{order.customer}", order.paid_at))
    assert {id_: {first[id_].isoformat()} for id_ in agreed} == agreed


def test_batches_hold_every_event_once_in_order(orders):
    found = batches(history(orders), 100)

    assert [len(batch) for batch in found] == [100] * 69 + [19]
    assert [order.order_id for order in orders] == [event["id"] for batch in found for event in batch]
