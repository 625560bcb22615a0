"""What the score is compared with: closed forms, and a rule that knows recency alone."""

from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize

from churn.backtest.maximum import maximise
from churn.backtest.pareto import Pareto, fit_pareto, pareto_logits
from churn.domain.score import Parameters
from churn.fitting.likelihood import Floats, Histogram, cells_of
from churn.fitting.purchases import Purchases, Rhythms
from churn.fitting.scoring import closed_form, log_losses, sigmoid

NAMES: Final = ("bg_nbd", "mbg_nbd", "pareto_nbd", "recency")
# Cells of a likelihood by week, so that a large shop takes no longer than the number of its cells.
DAILY_MAX: Final = 20_000


class Baselines(NamedTuple):
    """The parameters of all baselines at one origin."""

    bg: Parameters
    mbg: Parameters
    pareto: Pareto
    recency: tuple[float, float]


def fit_baselines(purchases: Purchases, day: int, horizon_days: int) -> Baselines:
    """Fit each to what is known at the end of a day, by maximum likelihood."""
    rhythms = purchases.on(day)
    cells = _cells(rhythms)
    bg, mbg = (maximise(cells, leaves_at_first=leaves)[0] for leaves in (False, True))
    return Baselines(bg, mbg, fit_pareto(cells), _fit_recency(purchases, day - horizon_days, horizon_days))


def baseline_logits(rhythms: Rhythms, baselines: Baselines, weeks: float) -> dict[str, Floats]:
    """The logit of P(buys within ``weeks``) by each baseline."""
    x, t_x, silence = rhythms.x, rhythms.t_x, rhythms.silence
    level, slope = baselines.recency
    return {
        "bg_nbd": _bg_logits(rhythms, baselines.bg, weeks),
        "mbg_nbd": closed_form(baselines.mbg, x, t_x, silence, weeks),
        "pareto_nbd": pareto_logits(rhythms, baselines.pareto, weeks),
        "recency": level + slope * np.log1p(silence),
    }


def _bg_logits(rhythms: Rhythms, population: Parameters, weeks: float) -> Floats:
    """BG/NBD, of which nobody leaves at the first purchase."""
    r, alpha, a, b = population
    x, u = rhythms.x, rhythms.silence
    n, y0 = r + x, alpha + rhythms.t_x
    repeats = np.maximum(x, 1.0)
    w = np.where(x > 0.0, n * np.log1p(u / y0) - np.log((b + repeats - 1.0) / a), -np.inf)
    log_p = -np.logaddexp(0.0, w) + np.log(-np.expm1(-n * np.log1p(weeks / (y0 + u))))
    log_p = np.minimum(log_p, -1e-12)
    logits: Floats = log_p - np.log(-np.expm1(log_p))
    return logits


def _fit_recency(purchases: Purchases, origin: int, horizon_days: int) -> tuple[float, float]:
    """A logistic curve of log(1 + silence), learned from the last horizon whose outcome is known."""
    rhythms = purchases.on(origin)
    bought = purchases.bought(rhythms, origin, horizon_days).astype(np.float64)
    late = np.log1p(rhythms.silence)
    size = max(len(late), 1)

    def loss(at: Floats) -> tuple[float, Floats]:
        logit = at[0] + at[1] * late
        wrong = sigmoid(logit) - bought
        value = float(np.sum(log_losses(logit, bought))) + 0.01 * float(at @ at)
        return value / size, (np.array([wrong.sum(), wrong @ late]) + 0.02 * at) / size

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-20, 20)] * 2)
    level, slope = (float(value) for value in found.x)
    return level, slope


def _cells(rhythms: Rhythms) -> Histogram:
    age = rhythms.t_x + rhythms.silence
    rows = np.column_stack([rhythms.x, rhythms.t_x, age])
    if len(rows) > DAILY_MAX:
        rows[:, 1:] = np.round(rows[:, 1:])
    distinct, customers = np.unique(rows, axis=0, return_counts=True)
    x, t_x, age = distinct.T
    return cells_of(x, t_x, np.maximum(age, t_x), customers.astype(np.float64))
