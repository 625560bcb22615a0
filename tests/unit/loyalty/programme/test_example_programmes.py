"""The example programmes hold what their examples say, and each change of a rule turns an example red."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from persiantools.jdatetime import JalaliDate

from loyalty.domain.programme import Programme
from loyalty.domain.windows import WEEKDAYS
from loyalty.programme.document import check_programme
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument

PROGRAMMES = Path(__file__).parents[4] / "docs/programmes"
SHOPS = {"simple-shop": ("EUR", "Europe/Berlin"), "persian-club": ("IRR", "Asia/Tehran")}
BEGIN = date(2026, 3, 1).toordinal()

Document = dict[str, Any]
Change = Callable[[Document], None]


def check(name: str, text: str) -> Programme:
    currency, zone = SHOPS[name]
    return check_programme(text, currency=currency, zone=shop_days(zone), begin=BEGIN, published=lambda word: word)


def text_of(name: str) -> str:
    return (PROGRAMMES / f"{name}.yaml").read_text()


def document_of(name: str) -> Document:
    document: Document = yaml.load(text_of(name), yaml.BaseLoader)  # noqa: S506  a loader that makes texts
    return document


def shifted(day: str, days: int) -> str:
    """A Jalali day of each year, some days later."""
    month, number = map(int, day.split("-"))
    later = JalaliDate.to_jalali(JalaliDate(1404, month, number).to_gregorian() + timedelta(days=days))
    return f"{later.month:02}-{later.day:02}"


def twice(number: str) -> str:
    return str(Decimal(number) * 2)


def changes_of(document: Document) -> Iterator[tuple[str, Change]]:
    """Each rule taken away and doubled, each window moved, each condition turned around."""
    earn = document["earn"]
    for kind, amount in (("rules", "points"), ("multipliers", "times")):
        for place, rule in enumerate(earn.get(kind, ())):
            at = (kind, place)
            yield f"{rule['name']}-dropped", lambda d, at=at: d["earn"][at[0]].pop(at[1])
            yield (
                f"{rule['name']}-doubled",
                lambda d, at=at, key=amount: d["earn"][at[0]][at[1]].update({key: twice(d["earn"][at[0]][at[1]][key])}),
            )
            for name, change in conditions_of(rule.get("when", {})):
                yield f"{rule['name']}-{name}", lambda d, at=at, change=change: change(d["earn"][at[0]][at[1]]["when"])
    for section in ("occasions", "away"):
        for place, rule in enumerate(document.get(section, ())):
            at = (section, place)
            if section == "occasions":  # the budget names the other
                yield f"{rule['name']}-dropped", lambda d, at=at: d[at[0]].pop(at[1])
            for key in sorted(rule.keys() & {"points", "expiry_days", "known_days", "every_days"}):
                yield (
                    f"{rule['name']}-{key}-doubled",
                    lambda d, at=at, key=key: d[at[0]][at[1]].update({key: twice(d[at[0]][at[1]][key])}),
                )
    for place, challenge in enumerate(document.get("challenges", ())):
        for name, change in changes_of_challenge(challenge):
            yield f"{challenge['name']}-{name}", lambda d, place=place, change=change: change(d["challenges"], place)
    for part, value in earn["count"]["exclude"].items():
        yield f"counts-{part}", lambda d, part=part: d["earn"]["count"]["exclude"].pop(part)
        assert value
    for place, level in enumerate(document["tiers"]["levels"]):
        if "multiplier" in level:
            yield (
                f"{level['name']}-multiplies-nothing",
                lambda d, place=place: d["tiers"]["levels"][place].pop("multiplier"),
            )
    yield "held-longer", lambda d: d["hold"].update(days=str(int(d["hold"]["days"]) + 1))
    if "from" in document["hold"]:
        yield "waits-longer", lambda d: d["hold"].update(wait_days="31")
        yield "held-from-the-payment", lambda d: [d["hold"].pop(key) for key in ("from", "wait_days")]
    if len(earn.get("multipliers", ())) > 1:
        yield "multipliers-add", lambda d: d["earn"].update(multiplier_stacking="add")
    yield "rounded-up", lambda d: d["earn"].update(rounding="up")


def changes_of_challenge(challenge: Document) -> Iterator[tuple[str, Callable[[list[Document], int], None]]]:
    """The reward doubled or taken away, the goal moved, and what conditions of rules have."""
    (kind,) = challenge["goal"]
    yield "doubled", lambda all_, place: all_[place].update(points=twice(all_[place]["points"]))
    if "badge" in challenge:
        yield "without-points", lambda all_, place: all_[place].pop("points")
    for more in (-1, 1):
        yield (
            f"{kind}-{more}-more",
            lambda all_, place, more=more: all_[place]["goal"].update(
                {kind: str(int(all_[place]["goal"][kind]) + more)}
            ),
        )
    for name, change in conditions_of(challenge.get("when", {})):
        yield name, lambda all_, place, change=change: change(all_[place]["when"])
    for name, change in conditions_of(challenge["within"]):
        if name != "without-dates":
            yield name, lambda all_, place, change=change: change(all_[place]["within"])


def conditions_of(when: Document) -> Iterator[tuple[str, Change]]:
    for key in when:
        yield f"without-{key}", lambda w, key=key: w.pop(key)
    if "dates" in when:
        for key in ("from", "until"):
            for days in (-1, 1):
                yield (
                    f"{key}-{days}-days",
                    lambda w, key=key, days=days: w["dates"].update({key: shifted(w["dates"][key], days)}),
                )
        yield "another-calendar", lambda w: w["dates"].update(calendar="gregorian")
    if "first_order" in when:
        yield "not-the-first", lambda w: w.update(first_order="false")
    if "min_spend" in when:
        yield "a-higher-minimum", lambda w: w.update(min_spend=str(Decimal(w["min_spend"]) + 1))
        yield "a-lower-minimum", lambda w: w.update(min_spend=str(Decimal(w["min_spend"]) / 2))
    for key in ("categories", "channels", "branches"):
        if key in when:
            yield f"other-{key}", lambda w, key=key: w.update({key: ["other"]})
    if "tiers" in when:
        for tier in when["tiers"]:
            yield f"without-{tier}", lambda w, tier=tier: w["tiers"].remove(tier)
    if "weekdays" in when:
        yield "a-day-later", lambda w: w.update(weekdays=[WEEKDAYS[(WEEKDAYS.index(w["weekdays"][0]) + 1) % 7]])
    for key in sorted(when.get("birthday", {}).keys() - {"calendar"}):
        yield (
            f"other-{key}",
            lambda w, key=key: w["birthday"].update({key: str(int(w["birthday"][key]) * 2 - 1)}),
        )
    if "hours" in when:
        yield "opens-later", lambda w: w["hours"].update({"from": "18:01"})
        yield "opens-earlier", lambda w: w["hours"].update({"from": "17:59"})
        yield "closes-earlier", lambda w: w["hours"].update(until="22:59")
        yield "closes-later", lambda w: w["hours"].update(until="23:01")


CASES = [(name, change) for name in SHOPS for change, _ in changes_of(document_of(name))]


@pytest.mark.parametrize("name", SHOPS)
def test_the_examples_of_an_example_programme_hold(name):
    programme = check(name, text_of(name))

    assert programme.earning is not None
    assert len(document_of(name)["examples"]) >= 7


@pytest.mark.parametrize(("name", "change"), CASES, ids=[f"{name}-{change}" for name, change in CASES])
def test_each_change_of_a_rule_turns_an_example_red(name, change):
    document = deepcopy(document_of(name))
    dict(changes_of(document))[change](document)

    # Summer ends on a day that the other calendar does not have.
    red = "there is no such day" if change == "summer-another-calendar" else "the example wants"
    with pytest.raises(InvalidDocument, match=red):
        check(name, yaml.safe_dump(document, allow_unicode=True))
