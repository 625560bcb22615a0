"""Answers about rewards. Points are integers, amounts of money decimal strings, instants RFC 3339 in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from loyalty.domain.rewards import Purse, Reward, RewardKind, reasons_against
from mandegar.documents.routes import VersionAnswer
from mandegar.quantities import from_us


class Warned(BaseModel):
    """What is valid in a document, and surely a mistake."""

    line: int = Field(description="Lines count from 1")
    message: str


class CatalogueAnswer(VersionAnswer):
    """A version of the catalogue of rewards."""

    warnings: list[Warned] = Field(description="Valid, and surely a mistake: the version is stored nevertheless")


class ReasonAnswer(BaseModel):
    """Why the customer cannot have the reward now."""

    code: str = Field(
        description="not_enough_points, points_owed, tier_too_low, out_of_stock, not_yet, over or limit_reached"
    )
    required: int | str | None = Field(
        description="What the reward requires: points, a tier, or how often it can be taken; null: nothing"
    )
    available: int | str | None = Field(description="What the customer, or the stock, has of what is required")
    missing: int | None = Field(description="How many points are missing, those owed included")
    when: datetime | None = Field(
        description="From when on this reason no longer holds, if nothing else happens; null: not known"
    )


class RewardAnswer(BaseModel):
    """A reward, and whether the customer can have it."""

    reward: str = Field(description="Its name, by which it is redeemed")
    kind: RewardKind
    title: str = Field(description="In the language asked for, or one that it has")
    price: int = Field(description="In points")
    eligible: bool
    reasons: list[ReasonAnswer] = Field(
        description="All reasons why the customer cannot have it; empty: the customer can"
    )
    terms: dict[str, str | int | list[str]] = Field(
        description="What it gives, by its kind: amount, percent, at_most, currency, products, upgrade, seats, "
        "partner, charity; and minimum_spend, the least total of the order for which its coupon can be used"
    )
    left: int | None = Field(description="What is left of its stock; null: any number")
    begins_at: datetime | None
    ends_at: datetime | None = Field(description="The first instant at which it can no longer be taken")
    valid_days: int | None = Field(description="The days for which its coupon is valid; null: without end")


class RewardsAnswer(BaseModel):
    """The rewards of a shop, as they are for one customer."""

    customer_id: str
    rewards: list[RewardAnswer] = Field(description="In the order of the catalogue")
    catalogue_version: int
    as_of: datetime


def left_of(reward: Reward, taken: int | None, codes: int | None) -> int | None:
    """What is left of a reward; None: any number."""
    stock = None if reward.stock is None or taken is None else max(reward.stock - taken, 0)
    return min((bound for bound in (stock, codes) if bound is not None), default=None)


def reward_fields(
    reward: Reward,
    purse: Purse,
    left: int | None,
    times: Sequence[int],
    tiers: Sequence[str],
    locale: str,
    now: int,
) -> dict[str, Any]:
    """The fields of ``RewardAnswer`` for a customer, who took the reward at some ``times``."""
    reasons = reasons_against(reward, purse, left=left, taken=times, tiers=tiers, now=now)
    return {
        "reward": reward.name,
        "kind": reward.kind,
        "title": reward.title(locale),
        "price": reward.price,
        "eligible": not reasons,
        "reasons": [{**reason._asdict(), "when": _instant(reason.when)} for reason in reasons],
        "terms": reward.terms,
        "left": left,
        "begins_at": _instant(reward.begin),
        "ends_at": _instant(reward.end),
        "valid_days": reward.valid_days,
    }


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)
