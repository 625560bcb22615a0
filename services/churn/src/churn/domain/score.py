"""The chance that a customer buys again within a horizon: MBG/NBD in closed form.

While a customer is one, purchases follow a Poisson process whose rate is gamma distributed over customers (``r``,
``alpha`` in weeks); at each purchase, the first one included, a customer leaves with a beta distributed chance
(``a``, ``b``). After ``x`` repeat purchases until ``t_x``, with y0 = alpha + t_x and y = y0 + silence:

    P(still a customer) = 1 / (1 + (y / y0)^(r + x) * a / (b + x))
    P(buys within h)    = P(still a customer) * (1 - (y / (y + h))^(r + x))

Both factors fall while nothing happens, so a line is crossed once. BG/NBD (nobody can leave at the first purchase)
never gives up on a customer with one purchase, which is why it is fitted for comparison only. Everything is in logs:
powers of this size overflow for heavy buyers.
"""

from math import exp, expm1, log, log1p
from typing import NamedTuple

# Weeks: a line more than a century away is never crossed.
SILENCE_MAX = 5_200.0


class Parameters(NamedTuple):
    """The population: rates are gamma(``r``, ``alpha`` weeks), chances to leave are beta(``a``, ``b``)."""

    r: float
    alpha: float
    a: float
    b: float


class Curve(NamedTuple):
    """One customer's chances as a function of silence: everything that does not depend on silence, computed once."""

    y0: float
    n: float
    log_q: float
    horizon: float


class Odds(NamedTuple):
    """Logarithms of: P(buys), P(does not), P(still a customer), P(buys | still a customer)."""

    log_buy: float
    log_no_buy: float
    log_alive: float
    log_active: float

    @property
    def logit(self) -> float:
        """The logit of P(buys within the horizon)."""
        return self.log_buy - self.log_no_buy

    @property
    def risk(self) -> float:
        """P(no purchase within the horizon)."""
        return exp(self.log_no_buy)


def curve(parameters: Parameters, x: int, t_x: float, horizon_weeks: float) -> Curve:
    """The curve of a customer with ``x`` repeat purchases, the last ``t_x`` weeks after the first."""
    r, alpha, a, b = parameters
    return Curve(alpha + t_x, r + x, log((b + x) / a), horizon_weeks)


def odds(along: Curve, silence: float) -> Odds:
    """The chances after ``silence`` weeks, finite for any silence and any number of purchases."""
    y0, n, log_q, horizon = along
    w = n * log1p(silence / y0) - log_q
    log_alive = -w - log1p(exp(-w)) if w > 0.0 else -log1p(exp(w))
    log_gone = w + log_alive
    log_none = -n * log1p(horizon / (y0 + silence))
    log_active = log(-expm1(log_none))
    log_idle = log_alive + log_none
    more, less = (log_gone, log_idle) if log_gone > log_idle else (log_idle, log_gone)
    return Odds(log_alive + log_active, more + log1p(exp(less - more)), log_alive, log_active)
