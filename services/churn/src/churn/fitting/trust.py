"""How much a shop's correction counts: as much as it has earned on versions whose outcome is known."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from churn.domain.forecast.version import TRUST_MEAN, Version
from churn.fitting.correction import horizon_days
from churn.fitting.fit_version import fit_version
from churn.fitting.hearing import hearing, matured_signals
from churn.fitting.likelihood import Floats, Ints
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import base_logits, corrected_logits, log_losses

GRID: Final = np.arange(11) / 10
_HALF_LIFE_DAYS: Final = 182.0
_PRIOR: Final = 12.0
# A version needs half a year of purchases before its outcome counts for the trust, and one is looked at every 4 weeks.
FIRST_DAYS: Final = 26 * 7
EVERY_DAYS: Final = 4 * 7
# Versions of the past are fitted again, which bounds how many, and to how many customers.
_VERSIONS_MAX: Final = 6
_CUSTOMERS_MAX: Final = 2_000


class Matured(NamedTuple):
    """The log loss of a version's ``day``, summed over customers, for each trust of ``GRID``."""

    day: int
    losses: Floats


def matured(purchases: Purchases, customers: Ints, day: int, version: Version) -> Matured:
    """What each trust would have cost the version of a day; its horizon has to lie in the past."""
    rhythms = purchases.on(day, customers)
    horizon = horizon_days(version)
    bought = purchases.bought(rhythms, day, horizon).astype(np.float64)
    weights = purchases.split(rhythms, day, horizon).weights()
    base, corrected = base_logits(rhythms, version), corrected_logits(rhythms, version)
    sums = [float(weights @ log_losses((1.0 - trust) * base + trust * corrected, bought)) for trust in GRID]
    return Matured(day, np.array(sums))


def fit_trust(versions: Iterable[Matured], day: int, horizon: int) -> float:
    """The trust on a day, from the versions that have matured by then; the prior's without any."""
    total = _PRIOR * (GRID - TRUST_MEAN) ** 2
    for version in versions:
        if (since := day - horizon - version.day) >= 0:
            total = total + 2.0 ** (-since / _HALF_LIFE_DAYS) * version.losses
    return float(GRID[int(np.argmin(total))])


def with_earned_trusts(purchases: Purchases, customers: Ints, day: int, version: Version) -> Version:
    """The version of a day with its trusts, from versions of the past that are fitted again to some customers."""
    some = customers
    if len(customers) > _CUSTOMERS_MAX:
        some = customers[np.linspace(0, len(customers) - 1, _CUSTOMERS_MAX).astype(np.int64)]
    horizon, versions, signals = horizon_days(version), [], []
    for number in range(_VERSIONS_MAX):
        origin = day - horizon - number * EVERY_DAYS
        if origin < purchases.first_day + FIRST_DAYS - 1:
            break
        past = fit_version(purchases, origin, some, version.horizon_weeks)
        versions.append(matured(purchases, some, origin, past))
        signals.append(matured_signals(purchases, some, origin, past))
    trusted = version._replace(trust=fit_trust(versions, day, horizon))
    return hearing(purchases, customers, day, trusted, signals)
