"""How regular the customers of a shop are: a mixture of MBG/NBD on several clocks, by EM.

On the clock g^c a regular customer's gaps look exponential for a c above 1. Each customer's own gaps weigh the clocks,
in closed form, so one shop may have customers of every kind.
"""

from typing import Final

import numpy as np
from scipy.special import gammaln

from churn.domain.forecast.rhythm import CLOCKS
from churn.domain.forecast.version import CLOCK_SHARES, Component, on_clock
from churn.domain.score import Parameters
from churn.fitting.likelihood import Floats, Histogram, cells_of, distinct_of
from churn.fitting.population import coordinates_of, fit_population
from churn.fitting.purchases import Rhythms

ROUNDS_MAX: Final = 8
PSEUDO_CUSTOMERS: Final = 10.0
_SDS: Final = (0.4, 0.4, 0.4, 0.4)
# EM has arrived when no share moves by more.
_STILL: Final = 1e-4


def fit_mixture(rhythms: Rhythms, population: Parameters) -> tuple[Component, ...]:
    """The components of a shop, each near the population on its clock."""
    parts = tuple(
        Component(clock, share, on_clock(population, clock)) for clock, share in zip(CLOCKS, CLOCK_SHARES, strict=True)
    )
    near = [coordinates_of(part.parameters) for part in parts]
    for _ in range(ROUNDS_MAX):
        logs = np.array([log_marginal(rhythms, part, nth) for nth, part in enumerate(parts)])
        belongs = np.exp(logs - np.logaddexp.reduce(logs, axis=0))
        counts = belongs.sum(axis=1) + PSEUDO_CUSTOMERS * np.array(CLOCK_SHARES)
        shares = counts / counts.sum()
        moved = max(abs(share - part.share) for share, part in zip(shares, parts, strict=True))
        parts = tuple(
            Component(
                part.clock,
                float(shares[nth]),
                fit_population(_on_clock(rhythms, nth, part.clock, belongs[nth]), near[nth], _SDS),
            )
            for nth, part in enumerate(parts)
        )
        if moved < _STILL:
            break
    return parts


def log_marginal(rhythms: Rhythms, part: Component, nth: int) -> Floats:
    """The logarithm of a component's share times its likelihood of each customer's purchases and silence."""
    log_weight, y0, n, log_gone = log_terms(rhythms, part, nth)
    log_alive = -n * np.log1p(rhythms.silence**part.clock / y0)
    sums: Floats = log_weight + np.logaddexp(log_alive, log_gone)
    return sums


def log_terms(rhythms: Rhythms, part: Component, nth: int) -> tuple[Floats, Floats, Floats, Floats]:
    """A component's marginal on the day of the last purchase, its y0 and n, and the odds of having left then (logs)."""
    r, alpha, a, b = part.parameters
    distinct, cell = distinct_of(rhythms.x)
    by_x = gammaln(r + distinct) - gammaln(r) + r * np.log(alpha)
    by_x += gammaln(b + distinct + 1) + gammaln(a + b) - gammaln(a + b + distinct + 1) - gammaln(b)
    by_x += distinct * np.log(part.clock) + np.log(part.share)
    n, y0 = r + rhythms.x, alpha + rhythms.warped[nth]
    log_weight = by_x[cell] + (part.clock - 1.0) * rhythms.log_gaps - n * np.log(y0)
    return log_weight, y0, n, np.log(a / (b + rhythms.x))


def _on_clock(rhythms: Rhythms, nth: int, clock: float, customers: Floats) -> Histogram:
    warped = rhythms.warped[nth]
    return cells_of(rhythms.x, warped, warped + rhythms.silence**clock, customers)
