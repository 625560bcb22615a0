"""How far a customer is on the way to the next tier, and what keeps the present one."""

from typing import NamedTuple

from loyalty.domain.at_risk import Drop, missing_to
from loyalty.domain.programme import Programme


class Progress(NamedTuple):
    """What is ``reached``, what is missing to the next tier, and the end of this one. Money is in billionths.

    ``next_tier`` is None in the highest, ``drop`` if the tier does not end.
    """

    reached: int
    next_tier: str | None
    missing: int | None
    drop: Drop | None


def progress_of(programme: Programme, tier: int, reached: int, drop: Drop | None) -> Progress:
    """The progress of a customer in a tier."""
    if tier + 1 == len(programme.tiers):
        return Progress(reached, None, None, drop)
    return Progress(reached, programme.tiers[tier + 1].name, missing_to(programme, tier + 1, reached), drop)
