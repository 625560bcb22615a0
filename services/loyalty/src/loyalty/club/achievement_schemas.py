"""Answers about challenges and badges."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from loyalty.domain.challenge_rules import SPEND, Challenge
from loyalty.domain.money import amount_of
from loyalty.domain.standings import Held, Standing
from mandegar.quantities import from_us

COMPLETIONS_MAX = 20
Titles = dict[str, str]


class CompletionAt(BaseModel):
    """A completion that was not taken back."""

    id: str = Field(description="The id under which the ledger and `challenge.completed` name it")
    at: datetime
    points: int
    badge: str | None


class ChallengeAnswer(BaseModel):
    """A challenge of the programme in force, and how far the customer is with it."""

    name: str
    titles: Titles = Field(description="By language")
    kind: str = Field(
        description="What is counted: orders, spend, categories, products, all_categories, all_products, acts, or "
        "in_a_row (periods in a row with an order)"
    )
    state: str = Field(
        description="open; completed (nothing more to complete until the next period, if there is one); upcoming (its "
        "dates begin at `begins_at`); or over"
    )
    done: str = Field(
        description="How much of `target` is reached now: an amount of money for spend, else a whole number"
    )
    target: str
    missing: str
    missing_words: list[str] = Field(
        description="Of all_categories and all_products: the categories or products that are missing"
    )
    begins_at: datetime | None = Field(description="When the period begins; null: it has no beginning")
    until: datetime | None = Field(
        description="Until when it can be completed, or until when what counts now goes on counting; null: without end"
    )
    points: int
    badge: str | None
    times: int = Field(description="How often it can be completed in a period")
    times_completed: int = Field(description="How often it is completed, in all periods")
    completed: list[CompletionAt] = Field(description=f"The latest completions, at most {COMPLETIONS_MAX}")


class BadgeAnswer(BaseModel):
    """A badge of the programme in force, or one that was won under another."""

    name: str
    titles: Titles = Field(description="By language")
    granted_at: datetime | None = Field(description="Since when the customer has it; null: the customer does not")


class ChallengesAnswer(BaseModel):
    """The challenges of a customer."""

    customer_id: str
    challenges: list[ChallengeAnswer]
    as_of: datetime
    version: int


class BadgesAnswer(BaseModel):
    """The badges of a customer."""

    customer_id: str
    badges: list[BadgeAnswer]
    as_of: datetime
    version: int


def challenge_fields(standing: Standing) -> dict[str, Any]:
    """The fields of ``ChallengeAnswer``."""
    challenge = standing.challenge
    target = challenge.goal.target
    return {
        "name": challenge.name,
        "titles": dict(challenge.titles),
        "kind": challenge.goal.kind,
        "state": standing.state,
        "done": _number(challenge, standing.done),
        "target": _number(challenge, target),
        "missing": _number(challenge, max(target - standing.done, 0)),
        "missing_words": list(standing.missing),
        "begins_at": _instant(standing.begins_at),
        "until": _instant(standing.until),
        "points": challenge.points,
        "badge": challenge.badge or None,
        "times": challenge.times,
        "times_completed": len(standing.attained),
        "completed": [
            {
                "id": each.id,
                "at": from_us(each.at),
                "points": each.challenge.points,
                "badge": each.challenge.badge or None,
            }
            for each in standing.attained[-COMPLETIONS_MAX:][::-1]
        ],
    }


def badge_fields(held: Held) -> dict[str, Any]:
    """The fields of ``BadgeAnswer``."""
    return {"name": held.badge, "titles": dict(held.titles), "granted_at": _instant(held.at)}


def _number(challenge: Challenge, number: int) -> str:
    return f"{amount_of(number):f}" if challenge.goal.kind == SPEND else str(number)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)
