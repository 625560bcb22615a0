"""Maximum likelihood parameters from a fixed start, so that the same histogram gives the same parameters."""

import numpy as np
from scipy.optimize import minimize

from churn.domain.score import Parameters
from churn.fitting.likelihood import Floats, Histogram, log_likelihood

_START = np.log(np.array([0.5, 6.0, 0.9, 1.6]))
_BOUNDS = [(float(np.log(1e-3)), float(np.log(1e4)))] * 4


def maximise(cells: Histogram, *, leaves_at_first: bool) -> tuple[Parameters, float]:
    """The parameters of MBG (``leaves_at_first``) or BG that make the cells likeliest, and their log likelihood."""
    customers = float(np.sum(cells.customers))

    def loss(log_parameters: Floats) -> tuple[float, Floats]:
        at = log_likelihood(log_parameters, cells, leaves_at_first)
        return -at.value / customers, -at.gradient / customers

    result = minimize(
        loss, _START, jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9}
    )
    r, alpha, a, b = (float(value) for value in np.exp(result.x))
    return Parameters(r, alpha, a, b), -float(result.fun) * customers
