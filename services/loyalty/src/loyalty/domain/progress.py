"""How far a customer is on the way to the next tier, and what keeps the present one."""

from typing import NamedTuple

from loyalty.domain.at_risk import Drop
from loyalty.domain.programme import Programme


class Progress(NamedTuple):
    """The net ``spend`` of the window, what is missing to the next tier, and the end of this one. Money in billionths.

    ``next_tier`` is None in the highest, ``drop`` if the tier does not end.
    """

    spend: int
    next_tier: str | None
    missing: int | None
    drop: Drop | None


def progress_of(programme: Programme, tier: int, spend: int, drop: Drop | None) -> Progress:
    """The progress of a customer in a tier."""
    if tier + 1 == len(programme.tiers):
        return Progress(spend, None, None, drop)
    return Progress(spend, programme.tiers[tier + 1].name, max(programme.lines[tier + 1] - spend, 0), drop)
