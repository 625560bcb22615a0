"""Pareto/NBD (Schmittlein, Morrison and Colombo 1987), a baseline: likelihood and P(buys within a horizon).

Customers buy at a gamma(``r``, ``alpha``) rate, until an exponential lifetime of a gamma(``s``, ``beta``) rate ends.
Both integrals are smooth after a substitution, so Gauss and Legendre's nodes replace the hypergeometric function.
"""

from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from churn.fitting.likelihood import Floats, Histogram
from churn.fitting.purchases import Rhythms

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
# On (0, 1).
_AT: Final = (_NODES + 1.0) / 2.0
_BY: Final = _WEIGHTS / 2.0
_START: Final = np.log(np.array([0.6, 10.0, 0.6, 10.0]))
_BOUNDS: Final = [(-7.0, 9.0)] * 4


class Pareto(NamedTuple):
    """The population; rates are per week."""

    r: float
    alpha: float
    s: float
    beta: float


def fit_pareto(cells: Histogram, start: Pareto | None = None) -> Pareto:
    """Maximum likelihood, from the parameters of an earlier fit if there are any."""
    size = float(np.sum(cells.customers))

    def loss(logs: Floats) -> float:
        return -log_likelihood(Pareto(*np.exp(logs)), cells) / size

    begin = _START if start is None else np.clip(np.log(np.array(start)), -6.9, 8.9)
    found = minimize(loss, begin, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 200, "ftol": 1e-10})
    return Pareto(*(float(value) for value in np.exp(found.x)))


def log_likelihood(population: Pareto, cells: Histogram) -> float:
    """The log likelihood of all customers."""
    r, alpha, s, beta = population
    x, age, customers = cells.x, cells.age, cells.customers
    purchasing = (gammaln(r + cells.distinct) - gammaln(r))[cells.cell] + r * np.log(alpha)
    log_alive = -(r + x) * np.log(alpha + age) + s * (np.log(beta) - np.log(beta + age))
    log_left = _log_left(population, x, cells.t_x, age)
    return float(np.sum(customers * (purchasing + np.logaddexp(log_alive, log_left))))


def pareto_logits(rhythms: Rhythms, population: Pareto, weeks: float) -> Floats:
    """The logit of P(buys within ``weeks``)."""
    r, alpha, s, beta = population
    x, age = rhythms.x, rhythms.t_x + rhythms.silence
    log_alive = -(r + x) * np.log(alpha + age) + s * (np.log(beta) - np.log(beta + age))
    log_left = _log_left(population, x, rhythms.t_x, age)
    chance = -np.logaddexp(0.0, log_left - log_alive)
    later = weeks * _AT[:, None]
    density = -(r + x + 1.0) * np.log1p(later / (alpha + age)) - s * np.log1p(later / (beta + age))
    buys = weeks * (_BY @ np.exp(density)) * (r + x) / (alpha + age)
    log_p = chance + np.log(np.clip(buys, 1e-300, 1.0 - 1e-12))
    logits: Floats = log_p - np.log(-np.expm1(log_p))
    return logits


def _log_left(population: Pareto, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """The logarithm of s beta^s times the integral of (alpha + y)^-(r+x) (beta + y)^-(s+1) over the silence."""
    r, alpha, s, beta = population
    total = r + x + s
    log_end = -total * (np.log(alpha + age) - np.log(alpha + t_x))
    # v = ((alpha + y) / (alpha + t_x))^-total runs from its end to 1.
    end = np.exp(log_end)
    v = end + (1.0 - end) * _AT[:, None]
    y = (alpha + t_x) * v ** (-1.0 / total) - alpha
    logs = (s + 1.0) * (np.log(alpha + y) - np.log(beta + y)) + np.log(_BY)[:, None]
    with np.errstate(divide="ignore"):
        log_mean = np.logaddexp.reduce(logs, axis=0) + np.log(-np.expm1(log_end))
    left: Floats = np.log(s) + s * np.log(beta) - total * np.log(alpha + t_x) - np.log(total) + log_mean
    return left
