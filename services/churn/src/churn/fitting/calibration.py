"""How accurate versions in force were: their predictions for the customers of each band, and what these did."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from churn.domain.bands import BANDS
from churn.domain.forecast.lines import lines_of
from churn.domain.forecast.version import Version, version_of
from churn.fitting.correction import horizon_days
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import logits, sigmoid


def calibrations(purchases: Purchases, matured: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of versions in force at the end of a ``day`` (an ordinal), as their ``numbers``: see ``calibration``."""
    return [
        {"day": one["day"], "bands": calibration(purchases, one["day"], version_of(one["numbers"]))} for one in matured
    ]


def calibration(purchases: Purchases, day: int, version: Version) -> dict[str, dict[str, float]]:
    """By band at the end of a day, whose horizon lies in the past: how many customers, how many buy by the version
    (the sum of P(buys within the horizon)), how many bought, and how many of the customers were treated by a message.
    Where a holdout stands for the treated they are left out of the first three (``treatments.py``)."""
    rhythms = purchases.on(day)
    now, fresh = logits(rhythms, version), logits(purchases.fresh(rhythms), version)
    band = np.array([sum(logit <= line for line in lines_of(start)) for logit, start in zip(now, fresh, strict=True)])
    said, bought = sigmoid(now), purchases.bought(rhythms, day, horizon_days(version))
    split = purchases.split(rhythms, day, horizon_days(version))
    weights = split.weights()
    return {
        name: {
            "customers": float(np.sum(weights[band == place])),
            "said": float(weights[band == place] @ said[band == place]),
            "bought": float(np.sum(weights[(band == place) & bought])),
            "treated": int(np.sum(split.treated[band == place])),
        }
        for place, name in enumerate(BANDS)
    }
