"""A programme is read exactly, or refused with every error and its line."""

from decimal import Decimal

import pytest

from loyalty.domain.money import billionths
from loyalty.domain.programme import BEGINNING, Programme
from loyalty.programme.document import default_programme, parse_programme
from mandegar.documents.nodes import InvalidDocument

GOOD = """\
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 7}
expiry: {days: 90, warn_days: 10}
tiers:
  window_days: 180
  levels:
    - {name: برنز, spend: 0}
    - {name: نقره, spend: 5000000, multiplier: 1.1}
"""


def parse(text: str) -> Programme:
    return parse_programme(text, version=3, effective_from=5, currency="IRR")


def errors(text: str) -> list[tuple[int, str]]:
    with pytest.raises(InvalidDocument) as caught:
        parse(text)
    return [tuple(error) for error in caught.value.errors]


def test_a_programme_is_read_with_exact_amounts() -> None:
    programme = parse(GOOD)

    assert (
        programme.version,
        programme.effective_from,
        programme.hold_days,
        programme.expiry_days,
        programme.warn_days,
        programme.window_days,
    ) == (3, 5, 7, 90, 10, 180)
    assert [Decimal(1), Decimal("1.1")] == [tier.multiplier for tier in programme.tiers]
    assert programme.points_due(billionths(Decimal(1000000)), 1) == 11


def test_every_error_is_told_with_its_line() -> None:
    text = GOOD.replace("per: 100000", "per: none").replace("warn_days", "warn").replace("spend: 5000000", "spend: 0")

    assert errors(text) == [
        (3, "earn.per: must be a number from 0.000001 to 1000000000000000"),
        (5, "expiry.warn: unknown key; allowed keys: days, warn_days"),
        (10, "tiers.levels.1.spend: must be more than the spend of the level above"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "start"),
    [
        ("", 1, "a mapping is required here"),
        ("a: [", 1, "not valid YAML"),
        (GOOD.replace("hold: {days: 7}", "hold: {days: 7.5}"), 4, "hold.days: must be a whole number from 0 to 36500"),
        (GOOD.replace("currency: IRR", "currency: USD"), 2, "currency: must be IRR, the currency of the shop"),
        (GOOD + "currency: IRR\n", 11, "currency: duplicate key"),
        (
            GOOD.replace("spend: 0", "spend: 1"),
            9,
            "tiers.levels.0.spend: the first level is for every customer: its spend must be 0",
        ),
        (GOOD.replace("نقره", "برنز"), 10, "tiers.levels.1.name: a level above has the same name"),
        (GOOD.replace("per: 100000", "per: 1e-400"), 3, "earn.per: must be a number"),
        ("a: &x [1]\nb: *x\n", 2, "aliases are not allowed"),
        ("[" * 5000 + "]" * 5000, 1, "nested too deep"),
        ("x" * 70_000, 1, "longer than"),
        ("? [a, b]\n: 1\n", 1, "?: unknown key"),
        ("version: !!python/object/apply:os.system [x]\n", 1, "currency"),
    ],
)
def test_what_is_no_programme_is_refused(text: str, line: int, start: str) -> None:
    found = errors(text)

    assert any(error[0] == line and start in error[1] for error in found), found


@pytest.mark.parametrize("currency", ["IRR", "USD", "KWD"])
def test_a_shop_without_a_programme_has_the_built_in_one(currency: str) -> None:
    programme = default_programme(currency)

    assert (0, BEGINNING, currency, 3) == (
        programme.version,
        programme.effective_from,
        programme.currency,
        len(programme.tiers),
    )


def test_without_hold_points_are_usable_at_once_and_without_expiry_for_ever() -> None:
    programme = parse(GOOD.replace("hold: {days: 7}\n", "").replace("expiry: {days: 90, warn_days: 10}\n", ""))

    assert (programme.hold_days, programme.expiry_days) == (0, None)


def test_a_missing_section_is_told_once() -> None:
    assert errors("version: 1\ncurrency: IRR\ntiers: {window_days: 1, levels: [{name: a, spend: 0}]}\n") == [
        (1, "the key earn is missing")
    ]


@pytest.mark.parametrize("opening", ["{", "[", "- ", "? "])
def test_what_is_nested_without_end_is_refused_before_it_takes_time(opening):
    with pytest.raises(InvalidDocument, match="nested too deep"):
        parse_programme(opening * 20_000, version=1, effective_from=0, currency="IRR")


@pytest.mark.parametrize("version", ["3", "0", "one", '"1.0"', ""])
def test_a_version_of_the_format_that_nobody_knows_is_told_with_those_there_are(version):
    assert errors(GOOD.replace("version: 1", f"version: {version}")) == [(1, "version: must be 1 or 2")]


def test_a_document_of_version_2_may_state_what_one_of_version_1_states():
    assert parse(GOOD.replace("version: 1", "version: 2")) == parse(GOOD)


def second(text: str) -> str:
    return GOOD.replace("version: 1", "version: 2").replace("hold: {days: 7}", f"hold: {text}")


def test_a_hold_may_begin_with_the_delivery():
    assert parse(second("{days: 7, from: delivery, wait_days: 30}")).wait_days == 30
    assert parse(second("{days: 7, from: payment}")).wait_days is None
    assert errors(second("{days: 7, from: delivery}")) == [
        (4, "hold.from: a hold from the delivery needs wait_days: it begins then if no delivery is told")
    ]
    assert errors(second("{days: 7, wait_days: 3}")) == [(4, "hold.wait_days: only a hold from the delivery waits")]
    assert errors(second("{days: 7, from: order}")) == [(4, "hold.from: must be payment or delivery")]
    assert errors(GOOD.replace("hold: {days: 7}", "hold: {days: 7, from: delivery}")) == [
        (4, "hold.from: unknown key; allowed keys: days")
    ]
