"""What the manual of loyalty shows is what happens: each example in it is run."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml

from harness.manuals import Block, examples_in, examples_of
from loyalty.account.resume import News
from loyalty.comparing.rules import Comparison
from loyalty.domain.account import Account
from loyalty.domain.orders import PAID, Fact
from loyalty.domain.zones import always
from loyalty.programme.document import check_programme, parse_programme
from loyalty.rewards.document import read_catalogue
from loyalty.rewards.warnings import warnings_of
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument
from mandegar.events import CustomerKey

MANUAL = "loyalty.md"
# Each kind of example has a test that runs it.
KINDS = {"programme", "refused", "replay", "rewards"}
# What an example leaves out.
REST: dict[str, Any] = {
    "version": "2",
    "currency": "IRR",
    "earn": {"points": "1", "per": "100000"},
    "tiers": {"window_days": "365", "levels": [{"name": "member", "spend": "0"}]},
}


def check(block: Block) -> None:
    """Store the programme, as far as that needs no database: with its examples."""
    document = {**REST, **yaml.load(block.text, yaml.BaseLoader)}  # noqa: S506  a loader that makes texts
    check_programme(
        yaml.safe_dump(document, allow_unicode=True),
        currency="IRR",
        zone=shop_days("Asia/Tehran"),
        begin=date(2026, 11, 1).toordinal(),
        published=lambda word: word,
    )


def named(kind: str) -> Any:
    return pytest.mark.parametrize("block", examples_of(MANUAL, kind), ids=lambda block: f"line-{block.line}")


def test_every_example_of_the_manual_is_of_a_kind_that_is_run():
    assert {block.kind for block in examples_in(MANUAL)} <= KINDS


@named("programme")
def test_what_a_programme_in_the_manual_gives_is_what_stands_there(block):
    assert "examples:" in block.text

    check(block)


@named("refused")
def test_a_programme_that_the_manual_says_is_refused_is_refused_for_that_reason(block):
    reason = block.text.rpartition("# refused: ")[2].strip()

    with pytest.raises(InvalidDocument) as caught:
        check(block)
    assert reason
    assert reason in str(caught.value)


@named("rewards")
def test_rewards_in_the_manual_are_stored_without_a_warning(block):
    lines = [f"  {line}" for line in block.text.splitlines()]
    read = read_catalogue("\n".join(["version: 1", "currency: IRR", "rewards:", *lines]), currency="IRR", is_new=True)
    now = datetime(2026, 11, 1, tzinfo=UTC)

    assert warnings_of(read, days=shop_days("Asia/Tehran"), tiers={"member"}, now=now) == []


@named("replay")
def test_what_another_programme_gives_is_what_the_manual_says(block):
    told = yaml.safe_load(block.text)
    zone = shop_days("Asia/Tehran")
    rules = [
        [parse_programme(yaml.safe_dump({**REST, **told[side]}), version=1, effective_from=0, currency="IRR")]
        for side in ("live", "other")
    ]
    comparison = Comparison(zone, 0)
    for customer, orders in told["orders"].items():
        account = Account({})
        for number, order in enumerate(orders):
            at = zone.start_of(order["at"].toordinal())
            fact = Fact(at, f"{customer}{number}", PAID, order["total"] * 10**9, at)
            News([(f"{customer}{number}", fact)], None, None).tell(CustomerKey("shop", customer), account)
        now = zone.start_of(date(2026, 11, 22).toordinal())
        comparison.add(customer, *(account.at(each, always(zone), now) for each in rules))
    value = told.get("value_per_point")
    values = [None if value is None else Decimal(value)] * 2
    assert_has(comparison.result(*values), told["then"])


def assert_has(found: Any, wanted: Any) -> None:
    """Whatever is wanted is found; an object may have more, unless nothing is wanted of it."""
    if isinstance(wanted, dict) and wanted:
        for name, each in wanted.items():
            assert_has(found[name], each)
    else:
        assert found == wanted
