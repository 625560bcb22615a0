"""How good probabilities were: discrimination, errors, calibration; for weights too, as a bootstrap needs them."""

from collections.abc import Iterable, Sequence
from math import isfinite, nan
from typing import Final, NamedTuple

import numpy as np

from churn.fitting.likelihood import Floats, Ints
from churn.fitting.scoring import log_losses, sigmoid

BINS: Final = 10
REPLICATES: Final = 200
# What a bootstrap computes of each model.
REPLICATED: Final = ("auc", "brier", "log_loss")
_SEED: Final = 75


class Measured(NamedTuple):
    """One model at one origin. ``auc`` is nan where everybody or nobody bought."""

    auc: float
    brier: float
    log_loss: float
    ece: float


NOT_DEFINED: Final = Measured(nan, nan, nan, nan)


class Bin(NamedTuple):
    """A tenth of the customers by probability: the mean prediction, and the share that bought."""

    said: float
    bought: float
    customers: int


def measure(logits: Floats, bought: Floats) -> Measured:
    """The measures of one model at one origin."""
    order = np.argsort(logits, kind="stable")
    [auc], [brier], [log_loss] = weighed(logits, bought, order, np.ones((1, len(bought))))
    calibration = sum(abs(part.said - part.bought) * part.customers for part in bins(logits, bought, order))
    return Measured(float(auc), float(brier), float(log_loss), calibration / len(bought))


def bins(logits: Floats, bought: Floats, order: Ints | None = None) -> list[Bin]:
    """Ten bins with an equal number of customers, the least likely to buy first."""
    ordered = np.argsort(logits, kind="stable") if order is None else order
    probability = sigmoid(logits)
    return [
        Bin(float(probability[part].mean()), float(bought[part].mean()), len(part))
        for part in np.array_split(ordered, BINS)
        if len(part)
    ]


def weighed(logits: Floats, bought: Floats, order: Ints, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """AUC, Brier and log loss for each row of ``weights``; equal logits count a half in the AUC.

    nan where nobody has weight, and an AUC also where everybody or nobody bought.
    """
    probability = sigmoid(logits)
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):
        brier = weights @ (probability - bought) ** 2 / total
        log_loss = weights @ log_losses(logits, bought) / total
    ordered, outcome = logits[order], bought[order]
    runs = np.flatnonzero(np.diff(ordered, prepend=-np.inf))
    sorted_weights = weights[:, order]
    buyers = np.add.reduceat(sorted_weights * outcome, runs, axis=1)
    others = np.add.reduceat(sorted_weights * (1.0 - outcome), runs, axis=1)
    below = np.cumsum(others, axis=1) - others / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (buyers * below).sum(axis=1) / (buyers.sum(axis=1) * others.sum(axis=1))
    return auc, brier, log_loss


def resampled(logits: dict[str, Floats], bought: Floats, customers: Ints, number: int) -> dict[str, Floats]:
    """AUC, Brier and log loss of each model in each replicate: an array of 3 x ``REPLICATES`` by name.

    A customer has the same weight at every origin (the Poisson bootstrap), because their outcomes depend on each other.
    """
    orders = {name: np.argsort(values, kind="stable") for name, values in logits.items()}
    found = {name: np.empty((3, REPLICATES)) for name in logits}
    for replicate in range(REPLICATES):
        weights = np.random.default_rng([_SEED, replicate]).poisson(1.0, number)[customers].astype(np.float64)[None]
        for name, values in logits.items():
            found[name][:, replicate] = np.ravel(weighed(values, bought, orders[name], weights))
    return found


def mean_of(measured: Iterable[Measured]) -> Measured:
    """The mean of each measure, without those that are not defined; nan if none is."""
    columns = [[value for value in column if isfinite(value)] for column in zip(*measured, strict=True)]
    return Measured(*(sum(column) / len(column) if column else nan for column in columns))


def mean_replicates(replicates: Sequence[Floats]) -> Floats:
    """The mean over origins of each measure in each replicate, without those that are not defined there."""
    every = np.array(replicates)
    known = np.isfinite(every)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(known, every, 0.0).sum(axis=0) / known.sum(axis=0)
    return mean


def measures(of: Measured) -> dict[str, float | None]:
    """The measures as JSON takes them."""
    return {
        "auc": rounded(of.auc),
        "brier": rounded(of.brier),
        "log_loss": rounded(of.log_loss),
        "ece": rounded(of.ece),
    }


def rounded(value: float) -> float | None:
    """A figure with five decimals; None if it is not defined."""
    return round(value, 5) if isfinite(value) else None
