"""Money is exact, in the shop's currency, or in quarantine."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.amounts import exact, factor, money
from ingest.domain.outcomes import Refused


@pytest.mark.parametrize("total", ["-0.01", "NaN", "sNaN", "Infinity", "1e400", "1e16", "", "ten", True, None, [], {}])
def test_what_is_no_amount_is_refused(total, door, order):
    assert door.code(order({"total": total})) == "bad_amount"


@pytest.mark.parametrize(
    ("total", "expected"), [(5, "5"), (0.1, "0.1"), ("59.90", "59.90"), ("1E+3", "1000"), ("-0", "0"), ("۱۲", "12")]
)
def test_numbers_and_text_are_read_exactly(total, expected, door, order):
    assert str(door.accepted(order({"total": total})).event.data.total) == expected


def test_amounts_of_items_are_looked_at_too(door, order):
    def items(**item):
        return order({"items": [{"product_id": "p", **item}]})

    for odd in (items(unit_price="-1"), items(quantity="many"), order({"items": [{}]})):
        candidate = door.accepted(odd)
        assert (candidate.event.data.items, candidate.code) == ((), "data_ignored")


def test_a_missing_currency_is_not_guessed(door, order):
    assert door.code(order({"currency": None})) == "wrong_currency"
    assert door.code(order({"currency": 5})) == "wrong_currency"


@pytest.mark.parametrize(("unit", "total"), [("IRT", "10"), ("IRHR", "1000"), ("IRHT", "10000")])
def test_a_source_that_counts_in_toman_is_converted_to_rial(unit, total, door, order):
    body = order({"currency": unit, "total": "1", "items": [{"product_id": "p", "unit_price": "1"}]})

    assert door.code(body) == "wrong_currency"
    event = door.accepted(body, unit=unit).event
    assert event.data.currency == "IRR"
    assert event.data.total == event.data.items[0].unit_price == Decimal(total)
    assert door.accepted(order({"currency": None, "total": "1"}), unit=unit).event.data.total == Decimal(total)
    assert door.accepted(order({"currency": "IRR", "total": "1"}), unit=unit).event.data.total == 1


def test_the_unit_of_another_currency_is_no_unit(door):
    shop = replace(door.source.shop, currency="EUR")

    with pytest.raises(Refused):
        factor("IRT", replace(door.source, shop=shop, unit="IRT"))


@given(st.decimals(min_value=0, max_value=10**14, places=6))
def test_conversion_never_rounds(amount):
    assert money(amount, "total", Decimal(10)) == Decimal(int(amount * 10**6) * 10).scaleb(-6)


@given(st.decimals())
def test_any_decimal_is_plain_or_refused(amount):
    try:
        plain = exact(amount, "total")
    except Refused:
        return
    assert plain == amount
    assert 0 <= plain <= 10**15
