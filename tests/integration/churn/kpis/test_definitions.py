"""The examples of docs/kpis.md are what the service answers."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from builders.contracts import subscribed, trial, unsubscribed
from builders.customers import viewed
from builders.events import NOON, event
from builders.orders import paid, refund
from builders.points import posted
from churn.domain.dimensions import DIMENSIONS
from churn.domain.kpis import VERSION
from churn.kpis.schemas import MonthAnswer
from churn.segment_figures.take import take_due
from harness.segmenting import brought_over, put
from mandegar.events import Event
from mandegar.events.ingest import Item, SurveyResponded

TEXT = Path(__file__).parents[4].joinpath("docs", "kpis.md").read_text(encoding="utf-8")
IN_THE_SPAN = {"from": "2026-01-01", "to": "2026-05-31", "calendar": "gregorian"}
# What names a month, and is no figure.
NAMES = {"month", "first_day", "last_day", "complete"}


def table(first_column: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    lines = TEXT.partition(f"\n| {first_column} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]] for line in lines]


def orders() -> Iterator[Event]:
    for number, (day, customer, total, refunded, channel, category) in enumerate(table("paid on")):
        days = _days(day)
        items = (Item(product_id="p", category=category),) if category else ()
        yield paid(f"o{number}", total, customer=customer, days=days, channel=channel or None, items=items)
        if refunded:
            yield refund(f"o{number}", refunded, customer=customer, days=days + 1)


def answers() -> Iterator[Event]:
    for day, customer, survey, kind, score in table("answered on"):
        data = SurveyResponded(survey_id=survey, kind=kind, score=float(score))
        yield event("survey.responded", data, customer=customer, days=_days(day))


def contracts() -> Iterator[Event]:
    for number, (day, type_, customer, name, amount, length, until) in enumerate(table("happened on")):
        more: dict[str, Any] = {"days": _days(day), "customer": customer, "name": str(number)}
        if type_ == "subscription.cancelled":
            yield unsubscribed(name, until=_days(until), **more)
        elif type_ == "trial.started":
            yield trial(name, until=_days(until), **more)
        else:
            yield subscribed(name, amount, period=int(length), until=_days(until), type_=type_, **more)


def visits() -> Iterator[Event]:
    for number, (day, customer) in enumerate(table("visited on")):
        yield viewed(f"v{number}", customer=customer, days=_days(day))


def _days(day: str) -> int:
    return (datetime.fromisoformat(f"{day}T08:30:00Z") - NOON).days


def _told(part: dict[str, Any]) -> list[str]:
    """The cells of a part: figures of all months, and of April."""
    told = [part[name] for name in ("value", "customers", "orders", "revenue", "repeat_purchase_rate")]
    told += [part["months"][3][name] for name in ("customers_at_start", "lost_customers", "retention_rate")]
    return ["" if value is None else str(value) for value in told]


@pytest.fixture
async def example(churn):
    await churn.deliver(*orders(), *answers(), *contracts(), *visits())
    await churn.deliver_card(*(posted(1, 1, customer=name) for name in ("ava", "cyrus")), topic="loyalty.events")
    return churn


async def test_each_figure_is_defined_and_its_example_is_the_answer(example):
    answer = (await example.get("/v1/kpis", **IN_THE_SPAN)).json()
    by_month = {month["month"]: month for month in answer["months"]}
    examples = {name.strip("`"): told for name, _, told in table("figure")}

    assert examples.keys() == MonthAnswer.model_fields.keys() - NAMES
    for name, told in examples.items():
        month, _, value = told.partition(" (")[0].partition(": ")
        assert str(by_month[month][name]) == value, name
    assert f"**version {VERSION}**" in TEXT


async def test_the_parts_of_each_dimension_are_those_of_the_example(example):
    rows = []
    for by in DIMENSIONS:
        answer = (await example.get("/v1/kpis", by=by, **IN_THE_SPAN)).json()
        assert {**answer, "parts": [], "by": "month"} == (await example.get("/v1/kpis", **IN_THE_SPAN)).json()
        rows.extend([by, *_told(part)] for part in answer["parts"])

    assert rows == sorted(table("by"), key=lambda row: DIMENSIONS.index(row[0]))


async def test_the_parts_by_segment_are_those_of_the_example(example):
    for name, condition in table("written"):
        await put(example, name, condition.strip("`"))
    await brought_over(example)
    await take_due(example.context)
    rows = []
    for name, *_ in table("segment"):
        answer = (await example.get("/v1/kpis", by="segment", value=name, **IN_THE_SPAN)).json()
        [part] = answer["parts"]
        rows.append([*_told(part)[:1], str(part["segment"]["members"]), *_told(part)[1:]])

    assert rows == table("segment")


async def test_the_ladder_is_that_of_the_example(example):
    ladder = (await example.get("/v1/kpis", **IN_THE_SPAN)).json()["ladder"]
    assert [[str(value) for value in rung.values()] for rung in ladder] == table("rung")


async def test_the_cohort_is_that_of_the_example(example):
    cohort = (await example.get("/v1/cohorts", **IN_THE_SPAN)).json()["cohorts"][0]
    columns = ("since", "customers", "retention", "orders", "revenue", "revenue_per_customer")
    assert (cohort["cohort"], cohort["customers"], cohort["months"][-1]["month"]) == ("2026-01", 2, "2026-11")
    assert [[str(month[name]) for name in columns] for month in cohort["months"][:5]] == table("since")
