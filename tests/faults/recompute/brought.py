"""A second opinion on what a customer brings along from another club, by the letter of loyalty's README."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from faults.recompute.programmes import Rules, Tier
from mandegar.events import Event

OPENED, GRANTED = "points.opened", "tier.granted"
Grants = Mapping[str, Sequence[Event]]


def newest(facts: Iterable[Event]) -> Event:
    """What was written last."""
    return max(facts, key=_written)


def points_of(facts: Sequence[Event], now: datetime) -> int:
    """The points of a lot, as was said last of what was said by now."""
    points: int = newest([fact for fact in facts if fact.time <= now]).data.points
    return points


def ends(facts: Sequence[Event], midnight_after: Any) -> datetime | None:
    """When what is left of a lot goes; ``midnight_after`` a day of the shop."""
    said = newest(facts).data
    opened_at = min(fact.time for fact in facts)
    if said.last_day is not None:
        return max(opened_at, midnight_after(said.last_day))
    return None if said.expires_at is None else max(opened_at, said.expires_at)


def grants_of(facts: Iterable[Event]) -> Grants:
    """What was said of each tier."""
    of: dict[str, list[Event]] = defaultdict(list)
    for fact in facts:
        if fact.type == GRANTED:
            of[fact.data.tier].append(fact)
    return of


def at_least(rules: Rules, spend: int, grants: Grants, at: datetime) -> Tier:
    """The level that this spend reaches, or a higher one that is granted then."""
    names = {rules.tier(spend).name}
    for name, said in grants.items():
        told = [fact for fact in said if fact.time <= at]
        if told and at < max(told, key=lambda fact: (_written(fact)[0], fact.data.until)).data.until:
            names.add(name)
    return [tier for tier in rules.tiers if tier.name in names][-1]


def _written(fact: Event) -> tuple[datetime, UUID]:
    ahead = fact.data.written_at
    at = (
        fact.time
        if ahead is None
        else max(fact.time, datetime.fromtimestamp(0, fact.time.tzinfo) + timedelta(0, 0, ahead))
    )
    return at, fact.id
