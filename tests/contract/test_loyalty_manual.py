"""What the manual of loyalty shows is what happens: each example in it is run."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml

from builders.events import NOON, SHOP
from builders.orders import paid
from builders.rewarded_acts import done
from harness.manuals import Block, examples_in, examples_of
from harness.recorded_log import recorded
from loyalty.comparing.compare import walk_both
from loyalty.comparing.request import Request, Stored, Zone
from loyalty.domain.draws import faults_in
from loyalty.domain.programme import BEGINNING
from loyalty.programme.document import check_programme
from loyalty.recorded.read import ActsOf
from loyalty.rewards.document import read_catalogue
from loyalty.rewards.warnings import warnings_of
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument
from mandegar.events import Event
from mandegar.kafka.broker import Broker
from mandegar.quantities import to_us

MANUAL = "loyalty.md"
# Each kind of example has a test that runs it.
KINDS = {"draw", "programme", "refused", "replay", "rewards"}
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


@named("draw")
def test_a_draw_in_the_manual_has_the_winners_that_follow_from_its_seed(block):
    draw = yaml.safe_load(block.text)

    assert faults_in(draw) == []
    assert faults_in({**draw, "winners": draw["winners"][::-1]}) == ["the winners are not those of the seed"]
    assert faults_in({**draw, "seed": "another"})[0] == "the seed is not the one whose hash was published"


@named("replay")
def test_what_another_programme_gives_is_what_the_manual_says(block):
    told, texts = yaml.safe_load(block.text), yaml.load(block.text, yaml.BaseLoader)  # noqa: S506  makes texts
    events: list[Event] = []
    for customer, some in told["happened"].items():
        for number, each in enumerate(some):
            name, days = f"{customer}{number}", (each["at"] - date(2026, 11, 22)).days
            if "paid" in each:
                events.append(paid(name, each["paid"], customer=customer, days=days))
            else:
                events.append(done(each["did"], name, customer=customer, days=days))
    stored = {
        side: [Stored(1, BEGINNING, yaml.safe_dump({**REST, **texts[side]}, allow_unicode=True))]
        for side in ("live", "other")
    }
    value = told.get("value_per_point")
    request = Request(
        shop=SHOP, broker=Broker(""), prefix="", partitions=1, currency="IRR", zones=[Zone(BEGINNING, "Asia/Tehran")],
        points_from=None, commands=False, before=stored["live"], after=stored["other"], now=to_us(NOON),
        value_per_point=None if value is None else Decimal(value),
    )  # fmt: skip
    with recorded({0: events}, acts=ActsOf(request.acts, request.calendars())) as shop:
        assert_has(walk_both(shop, request, lambda *_: None), told["then"])


def assert_has(found: Any, wanted: Any) -> None:
    """Whatever is wanted is found; an object may have more, unless nothing is wanted of it."""
    if isinstance(wanted, dict) and wanted:
        for name, each in wanted.items():
            assert_has(found[name], each)
    else:
        assert found == wanted
