"""The log likelihood of MBG/NBD and BG/NBD over a histogram of customers, with its gradient.

Both mix, per cell, "still a customer" at (alpha + T) with "left after the last purchase" at (alpha + t_x). They differ
in how many chances to leave there were: x + 1 in MBG (the first purchase is one), x in BG.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Histogram(NamedTuple):
    """Cells of equal customers: repeat purchases, weeks until the last one, weeks observed, number of customers.

    ``distinct`` are the numbers of repeat purchases that occur, ``cell`` the place of each cell's among them.
    """

    x: Floats
    t_x: Floats
    age: Floats
    customers: Floats
    distinct: Floats
    cell: Ints


def cells_of(x: Floats, t_x: Floats, age: Floats, customers: Floats) -> Histogram:
    """The histogram of some cells."""
    return Histogram(x, t_x, age, customers, *distinct_of(x))


def distinct_of(x: Floats) -> tuple[Floats, Ints]:
    """The whole numbers that occur in ``x``, and the place of each element among them; without sorting."""
    whole = x.astype(np.int64)
    occurs = np.zeros(int(whole.max(initial=0)) + 1, dtype=bool)
    occurs[whole] = True
    places = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs).astype(np.float64), places[whole]


class Likelihood(NamedTuple):
    """A log likelihood and its gradient by the logarithms of r, alpha, a, b."""

    value: float
    gradient: Floats


def log_likelihood(log_parameters: Floats, cells: Histogram, leaves_at_first: bool) -> Likelihood:
    """The log likelihood of all customers; ``leaves_at_first`` chooses MBG, else BG."""
    r, alpha, a, b = np.exp(log_parameters)
    x, t_x, age, customers, distinct, cell = cells
    chances = x + 1.0 if leaves_at_first else x
    trials = distinct + 1.0 if leaves_at_first else distinct
    purchasing = (gammaln(r + distinct) - gammaln(r) + r * np.log(alpha))[cell]
    staying = (gammaln(b + trials) + gammaln(a + b) - gammaln(a + b + trials) - gammaln(b))[cell]
    log_alive = -(r + x) * np.log(alpha + age)
    with np.errstate(divide="ignore"):
        log_leaving = np.where(chances > 0, np.log(a / np.where(chances > 0, b + chances - 1.0, 1.0)), -np.inf)
    log_left = -(r + x) * np.log(alpha + t_x) + log_leaving
    log_both = np.logaddexp(log_alive, log_left)
    left = np.exp(log_left - log_both)
    value = float(np.sum(customers * (purchasing + staying + log_both)))

    by_r = (digamma(r + distinct) - digamma(r))[cell] + np.log(alpha)
    by_r += -(1 - left) * np.log(alpha + age) - left * np.log(alpha + t_x)
    by_alpha = r / alpha - (r + x) * ((1 - left) / (alpha + age) + left / (alpha + t_x))
    common = (digamma(a + b) - digamma(a + b + trials))[cell]
    by_a = common + left / a
    by_b = common + (digamma(b + trials) - digamma(b))[cell]
    by_b -= np.where(chances > 0, left / np.where(chances > 0, b + chances - 1.0, 1.0), 0.0)
    gradient = np.array([np.sum(customers * by) for by in (by_r, by_alpha, by_a, by_b)])
    return Likelihood(value, gradient * np.array([r, alpha, a, b]))
