"""What the manual of segments shows is what happens: each example in it is run."""

from datetime import date, datetime, time
from typing import Any

import pytest
import yaml

from churn.domain.model import prior_model
from churn.domain.orders import units
from churn.domain.purchases import Purchase, statistics
from churn.domain.segments.conditions import compiled
from churn.domain.segments.facts import Facts
from churn.domain.segments.fields import FIELDS
from churn.memberships.built_in import built_in_documents
from churn.memberships.document import read_segment
from harness.manuals import DOCS, Block, examples_in, examples_of
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument
from mandegar.quantities import decimal_of, to_us

MANUAL = "segments.md"
TEHRAN = shop_days("Asia/Tehran")


def named(kind: str) -> Any:
    return pytest.mark.parametrize("block", examples_of(MANUAL, kind), ids=lambda block: f"line-{block.line}")


def document_of(block: Block) -> str:
    return yaml.safe_dump({"version": 1, "customers": yaml.load(block.text, yaml.BaseLoader)["customers"]})  # noqa: S506


def facts_of(told: dict[str, Any]) -> Facts:
    """A customer as an example tells of them; who has any figure of orders has ordered."""
    facts = Facts(days=TEHRAN, model=prior_model(), band=told.get("band"))
    facts.tier, facts.points, facts.interactions = told.get("tier"), told.get("points"), told.get("visits", 0)
    if not told.keys() & {"orders", "total", "first_order", "last_order"}:
        return facts
    first = told.get("first_order") or told.get("last_order") or date(2026, 1, 1)
    last = told.get("last_order") or first
    orders, net = told.get("orders", 1), units(decimal_of(str(told.get("total", 0))))
    at_us = to_us(datetime.combine(last, time(12), TEHRAN.zone))
    days = sorted({first.toordinal(), last.toordinal()})
    ordered = statistics([Purchase(day, at_us, 0, 1, at_us, 0, 1) for day in days], TEHRAN)
    facts.statistics = None if ordered is None else ordered._replace(orders=orders, net=net)
    return facts


def test_every_example_of_the_manual_is_of_a_kind_that_is_run():
    assert {block.kind for block in examples_in(MANUAL)} == {"segment", "refused"}


@named("segment")
def test_who_is_in_a_segment_of_the_manual_and_who_is_not_is_what_stands_there(block):
    condition, told = compiled(read_segment(document_of(block)).condition), yaml.safe_load(block.text)
    today = told["today"].toordinal()

    for name, answer in (("in", True), ("out", False), ("unknown", None)):
        for customer in told.get(name, ()):
            assert condition.test(facts_of(customer), today) is answer, (name, customer)


@named("refused")
def test_a_segment_that_the_manual_says_is_refused_is_refused_for_that_reason(block):
    reason = block.text.rpartition("# refused: ")[2].strip()

    with pytest.raises(InvalidDocument) as caught:
        read_segment(document_of(block))
    assert reason in str(caught.value)


def test_the_manual_tells_of_every_field_and_of_every_built_in_segment():
    text = (DOCS / MANUAL).read_text()

    assert [name for name in (*FIELDS, *built_in_documents()) if f"`{name}`" not in text] == []
