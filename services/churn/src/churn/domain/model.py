"""A model version: the parameters of a shop's population, and the settings that turn chances into bands."""

from dataclasses import dataclass
from math import log

from churn.domain.score import Parameters

# One horizon for a whole shop, so that its customers compare and its scores can be checked against what happened.
HORIZON_DAYS = 56

# Where cooling, at_risk and lost begin: the odds of a purchase are a half, a quarter, a twelfth of the fresh odds.
DROPS = (log(2), log(4), log(12))


@dataclass(frozen=True, slots=True)
class Model:
    """What scores are computed with; version 0 is the priors of a shop without history."""

    version: int
    parameters: Parameters
    horizon_days: int = HORIZON_DAYS
    drops: tuple[float, float, float] = DROPS
