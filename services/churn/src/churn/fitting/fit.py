"""Maximum likelihood parameters from a fixed start, so that the same histogram gives the same parameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from churn.fitting.histogram import Count, histogram
from churn.fitting.likelihood import Floats, Histogram, log_likelihood
from mandegar.clock import monotonic_seconds

_START = np.log(np.array([0.5, 6.0, 0.9, 1.6]))
_BOUNDS = [(float(np.log(1e-3)), float(np.log(1e4)))] * 4


def maximise(cells: Histogram, *, leaves_at_first: bool) -> dict[str, Any]:
    """Maximise the likelihood of MBG (``leaves_at_first``) or BG.

    Returns the parameters, their log likelihood, and whether they lie inside the bounds of the search.
    """
    customers = float(np.sum(cells.customers))

    def loss(log_parameters: Floats) -> tuple[float, Floats]:
        at = log_likelihood(log_parameters, cells, leaves_at_first)
        return -at.value / customers, -at.gradient / customers

    result = minimize(
        loss, _START, jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9}
    )
    low, high = _BOUNDS[0]
    inside = bool(np.all((result.x > low + 1e-6) & (result.x < high - 1e-6)))
    r, alpha, a, b = (float(value) for value in np.exp(result.x))
    return {
        "parameters": {"r": r, "alpha": alpha, "a": a, "b": b},
        "log_likelihood": -float(result.fun) * customers,
        "inside_bounds": inside and bool(np.isfinite(result.fun)),
    }


def fit(counts: Sequence[Count], through_day: int) -> dict[str, Any]:
    """Fit MBG, which scores customers, and BG, for comparison, to the purchases up to the end of ``through_day``."""
    started = monotonic_seconds()
    cells = histogram(counts, through_day)
    return {
        "mbg": maximise(cells, leaves_at_first=True),
        "bg": maximise(cells, leaves_at_first=False),
        "customers": int(np.sum(cells.customers)),
        "cells": len(cells.x),
        "seconds": round(monotonic_seconds() - started, 4),
    }
