"""The population of a shop: MBG/NBD by maximum a posteriori, which exists for any number of customers, none included.

The prior is normal on coordinates that hardly depend on each other: the logarithms of the mean rate, of its shape, of
the odds of leaving and of the size of the beta. So a young shop slides from the prior to its own data without a jump.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from churn.domain.forecast.version import POPULATION_MEANS, POPULATION_SDS, parameters_of
from churn.domain.score import Parameters
from churn.fitting.likelihood import Floats, Histogram, log_likelihood

# (log r, log alpha, log a, log b) from (log r - log alpha, log r, log a - log b, (log a + log b) / 2).
TO_LOGS = np.array([[0, 1, 0, 0], [-1, 1, 0, 0], [0, 0, 0.5, 1], [0, 0, -0.5, 1]], dtype=np.float64)
_FROM_LOGS = np.linalg.inv(TO_LOGS)
# Coordinates beyond this would overflow; the prior alone keeps a fit from coming near.
_FAR = 30.0


def fit_population(
    cells: Histogram, means: Sequence[float] = POPULATION_MEANS, sds: Sequence[float] = POPULATION_SDS
) -> Parameters:
    """The most likely parameters of customers, who may count in part, under a normal prior of the coordinates."""
    centre, spread = np.array(means), np.array(sds)
    size = max(float(np.sum(cells.customers)), 1.0)

    def loss(coordinates: Floats) -> tuple[float, Floats]:
        at = log_likelihood(TO_LOGS @ coordinates, cells, leaves_at_first=True)
        away = (coordinates - centre) / spread
        value = -at.value + 0.5 * float(away @ away)
        return value / size, (-(TO_LOGS.T @ at.gradient) + away / spread) / size

    bounds = [(float(middle) - _FAR, float(middle) + _FAR) for middle in centre]
    found = minimize(
        loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200, "ftol": 1e-13, "gtol": 1e-8}
    )
    return parameters_of(*(float(value) for value in found.x))


def coordinates_of(parameters: Parameters) -> tuple[float, ...]:
    """The coordinates of parameters."""
    return tuple(float(value) for value in _FROM_LOGS @ np.log(np.array(parameters)))
