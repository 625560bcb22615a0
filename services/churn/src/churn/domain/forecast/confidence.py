"""How much of a score is learned, and how much is the prior that every shop begins with.

A customer's rate is a mean of their own and of the shop's other customers, weighed like x repeat purchases against r;
what the shop's customers teach is itself drawn towards the prior. So the prior has the share that is left of both.
"""

from typing import Final, Literal

from churn.domain.forecast.rhythm import Rhythm
from churn.domain.forecast.version import Version

Confidence = Literal["low", "medium", "high"]

# Shares that are learned from which on confidence is medium, and high.
_MEDIUM: Final = 0.5
_HIGH: Final = 0.8


def learned_of(rhythm: Rhythm, version: Version) -> float:
    """The share of a customer's score, from 0 to 1, that is learned from the shop's own orders."""
    r = version.population.r
    closed = 1.0 - r / (r + rhythm.x) * version.prior_of_population
    return _mixed(closed, version)


def learned_by(version: Version) -> float:
    """The same share of a version: of the score of a customer with one purchase."""
    return _mixed(1.0 - version.prior_of_population, version)


def confidence_of(learned: float) -> Confidence:
    """The word for a share that is learned."""
    return "high" if learned >= _HIGH else "medium" if learned >= _MEDIUM else "low"


def _mixed(closed: float, version: Version) -> float:
    """The closed form's share mixed with the correction's, half of which is the closed form's again."""
    corrected = (closed + 1.0 - version.prior_of_correction) / 2
    return (1.0 - version.trust) * closed + version.trust * corrected
