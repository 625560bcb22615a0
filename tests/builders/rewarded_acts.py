"""Acts other than purchases: the events as ingest publishes them, and the facts as accounts keep them."""

from typing import Any

from builders.accounts import DAYS, at
from builders.events import event
from loyalty.domain.act_rules import COMPLETED, DONE, LOGGED_IN, REVIEWED, SIGNED_UP, ActRule
from loyalty.domain.acts import key_of_act
from loyalty.domain.lines import Lines
from loyalty.domain.orders import ACTED, Fact
from mandegar.events import Event
from mandegar.events.ingest import ActDone, Interaction, ReviewSubmitted, SurveyResponded


def rule(name: str, on: str, points: int, **more: Any) -> ActRule:
    return ActRule(name=name, on=on, points=points, **more)


def visited(event_id: str, days: float) -> tuple[str, Fact]:
    """A login, under the day of the shop in Tehran."""
    return key_of_act(LOGGED_IN, str(DAYS.day_of(at(days)))), acted(event_id, days)


def on_channel(told: tuple[str, Fact], channel: str, branch: str = "") -> tuple[str, Fact]:
    """The same act, done on a channel and in a branch; with neither it is told nowhere."""
    key, fact = told
    return key, fact._replace(lines=Lines(channel=channel, branch=branch)) if channel or branch else fact


def did(event_id: str, days: float, act: str = "shared", subject: str = "") -> tuple[str, Fact]:
    return key_of_act(DONE, f"{act}/{subject or event_id}"), acted(event_id, days)


def reviewed(event_id: str, days: float, product: str) -> tuple[str, Fact]:
    return key_of_act(REVIEWED, product), acted(event_id, days)


def signed_up(event_id: str, days: float) -> tuple[str, Fact]:
    return key_of_act(SIGNED_UP, ""), acted(event_id, days)


def knew(event_id: str, days: float, field: str) -> tuple[str, Fact]:
    """A field of the profile became known."""
    return key_of_act(COMPLETED, field), acted(event_id, days)


def acted(event_id: str, days: float) -> Fact:
    return Fact(at(days), event_id, ACTED, 0)


def sign_up(name: str = "sign-up", **more: Any) -> Event:
    return event("customer.signed_up", Interaction(), name=name, **more)


def login(name: str, **more: Any) -> Event:
    return event("customer.logged_in", Interaction(), name=name, **more)


def review(product: str, name: str = "", **more: Any) -> Event:
    return event("review.submitted", ReviewSubmitted(product_id=product, rating=4), name=name or product, **more)


def answer(survey: str, name: str = "", **more: Any) -> Event:
    data = SurveyResponded(survey_id=survey, kind="nps", score=9)
    return event("survey.responded", data, name=name or survey, **more)


def done(act: str, name: str, subject: str | None = None, **more: Any) -> Event:
    return event("act.done", ActDone(act=act, subject_id=subject), name=name, **more)
