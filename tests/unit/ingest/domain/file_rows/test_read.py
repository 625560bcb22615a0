"""From a raw row to typed values, or what is wrong with it by column."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.domain.documents import Number
from ingest.domain.file_rows.read import RowOptions, missing, read_row
from ingest.domain.sources import Shop, Source

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = Source("imports", Shop("demo", "IRR", ZoneInfo("Asia/Tehran"), "IR"))

ORDER = {"order_id": "Nr", "customer_id": "Kunde", "paid_at": "Zeit", "total": "Summe", "currency": "W"}
RAW = {"Nr": "1001", "Kunde": "c-1", "Zeit": "1403/05/12 14:30", "Summe": "۱۲٬۵۰۰٬۰۰۰", "W": "IRR"}


def options(**changes: Any) -> RowOptions:
    unit = changes.pop("unit", None)
    return RowOptions(source=replace(SOURCE, unit=unit), now=NOW, **changes)


def errors_of(raw: dict[str, Any], **changes: Any) -> list[tuple[str | None, str]]:
    _, errors = read_row("orders", {**RAW, **raw}, ORDER, options(**changes))
    return [(error.column, error.code) for error in errors]


def test_a_row_becomes_typed_values():
    fields, errors = read_row("orders", RAW, ORDER, options())

    assert not errors
    assert fields == {
        "order_id": "1001",
        "customer_id": "c-1",
        "paid_at": datetime(2024, 8, 2, 11, tzinfo=UTC),
        "total": Decimal(12_500_000),
        "currency": "IRR",
    }


def test_amounts_in_toman_are_converted_to_the_currency_of_the_shop():
    for named in ("IRT", "تومان", "Toman", ""):
        fields, errors = read_row("orders", {**RAW, "W": named}, ORDER, options(unit="IRT"))
        assert not errors
        assert fields["total"] == Decimal(125_000_000)
    assert errors_of({"W": "تومان"}) == [("W", "wrong_currency")]
    assert errors_of({"W": "EUR"}, unit="IRT") == [("W", "wrong_currency")]
    assert errors_of({"W": ""}) == [("W", "wrong_currency")]


def test_every_wrong_column_of_a_row_is_named():
    assert errors_of({"Zeit": "soon", "Summe": "much"}) == [("Zeit", "bad_time"), ("Summe", "bad_amount")]
    assert errors_of({"Summe": "-5"}) == [("Summe", "bad_amount")]
    assert errors_of({"Nr": "x" * 201}) == [("Nr", "bad_id")]
    assert errors_of({"Nr": "10\n01"}) == [("Nr", "bad_id")]
    assert errors_of({"Kunde": "caf\ufffd"}) == [("Kunde", "bad_encoding")]
    assert errors_of({"Nr": ["1"]}) == [("Nr", "bad_value")]
    assert errors_of({"Summe": True}) == [("Summe", "bad_amount")]


@pytest.mark.parametrize("nothing", ["", "  ", "-", "null", None, "N/A"])
def test_what_stands_for_nothing_is_no_value(nothing):
    fields, errors = read_row("orders", {**RAW, "Kunde": nothing}, ORDER, options())

    assert not errors
    assert "customer_id" not in fields
    error = missing(fields, ORDER, ("customer_id", "email", "phone"))
    assert error is not None
    assert (error.column, error.code) == ("Kunde", "missing_value")


def test_json_values_are_read_by_the_same_rules():
    raw = {**RAW, "Nr": Number("1001"), "Summe": Number("12.500")}
    fields, errors = read_row("orders", raw, ORDER, options(mark=","))

    assert not errors
    assert (fields["order_id"], fields["total"]) == ("1001", Decimal("12.5"))


def test_no_error_repeats_a_value():
    planted = {"Nr": "\u0007sara", "Kunde": "sara\u0007", "Zeit": "sara@example.test", "Summe": "sara", "W": "sara"}
    _, errors = read_row("orders", planted, ORDER, options())

    assert len(errors) == 4
    assert not [error for error in errors if "sara" in error.detail]
