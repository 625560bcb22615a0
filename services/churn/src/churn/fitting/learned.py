"""How much of a fit is its prior's: the share of the curvature at the maximum that the prior has.

With the curvature of the likelihood H and the prior's precisions L it is the mean of the diagonal of (H + L)^-1 L: 1
without data, towards 0 with much of it.
"""

from typing import Final

import numpy as np

from churn.domain.forecast.version import POPULATION_SDS
from churn.domain.score import Parameters
from churn.fitting.likelihood import Floats, Histogram, log_likelihood
from churn.fitting.population import TO_LOGS, coordinates_of

# By how much coordinates are moved to see how the gradient changes.
_STEP: Final = 1e-3


def prior_of_population(cells: Histogram, parameters: Parameters) -> float:
    """The prior's share of a population."""
    at = np.array(coordinates_of(parameters))
    columns = []
    for step in np.eye(len(at)) * _STEP:
        more, less = (_gradient(at + sign * step, cells) for sign in (1, -1))
        columns.append((less - more) / (2 * _STEP))
    curvature = np.array(columns)
    return prior_share((curvature + curvature.T) / 2, np.array(POPULATION_SDS) ** -2.0)


def prior_share(curvature: Floats, precisions: Floats) -> float:
    """The prior's share where the likelihood has this curvature; within 0 and 1, as no data takes from a prior."""
    found, vectors = np.linalg.eigh(curvature / np.sqrt(np.outer(precisions, precisions)))
    shares = vectors**2 @ (1.0 / (1.0 + np.maximum(found, 0.0)))
    return float(np.clip(np.mean(shares), 0.0, 1.0))


def _gradient(coordinates: Floats, cells: Histogram) -> Floats:
    gradient: Floats = TO_LOGS.T @ log_likelihood(TO_LOGS @ coordinates, cells, leaves_at_first=True).gradient
    return gradient
