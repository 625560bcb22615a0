"""One fit: a version with its trust, and how far it is from the one in force."""

import resource
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from churn.domain.forecast.version import Version, version_of
from churn.fitting.calibration import calibrations
from churn.fitting.correction import windows
from churn.fitting.fit_version import fit_version
from churn.fitting.forecast import forecast, paid_after
from churn.fitting.likelihood import Ints
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import logits
from churn.fitting.trust import with_earned_trusts
from mandegar.clock import monotonic_seconds


def fit(
    purchases: Purchases,
    day: int,
    in_force: Mapping[str, Any],
    matured: Sequence[Mapping[str, Any]] = (),
    unchecked: Sequence[int] = (),
    horizon_weeks: float | None = None,
) -> dict[str, Any]:
    """Fit all customers' purchases by the end of a day, for a horizon; without one for that of the version in force.

    ``matured`` are former versions, and the days at whose end they are held against what customers did then
    (``calibration.py``); ``unchecked`` are days whose forecasts are over. ``moves`` is the mean, over customers, of
    how far the version moves scores, in logits; ``memory_mb`` is the most that this process has had.
    """
    started = monotonic_seconds()
    customers, present = np.arange(purchases.customers), version_of(in_force)
    horizon = present.horizon_weeks if horizon_weeks is None else float(horizon_weeks)
    version = fit_version(purchases, day, customers, horizon)
    version = with_earned_trusts(purchases, customers, day, version)
    return {
        "numbers": version.numbers(),
        "calibrations": calibrations(purchases, matured),
        "forecast": forecast(purchases, day, version),
        "paid_after": [paid_after(purchases, each) for each in unchecked],
        "moves": _moves(purchases, customers, day, present, version),
        "customers": purchases.customers,
        "purchases": len(purchases.day),
        **_treated(purchases, customers, day, horizon),
        "seconds": round(monotonic_seconds() - started, 4),
        "memory_mb": _peak_kib() // 1024,
    }


def _treated(purchases: Purchases, customers: Ints, day: int, weeks: float) -> dict[str, Any]:
    """How many customers were treated by a message in the windows that the correction learned from, how many were
    withheld one by a holdout, and whether the latter stand for the former."""
    treated, withheld, left_out = set[int](), set[int](), False
    for origin in windows(purchases, day, round(weeks * 7)):
        rhythms = purchases.on(origin, customers)
        split = purchases.split(rhythms, origin, round(weeks * 7))
        treated.update(rhythms.customer[split.treated].tolist())
        withheld.update(rhythms.customer[split.withheld].tolist())
        left_out = left_out or split.stands_in
    return {"treated": len(treated), "withheld": len(withheld), "treated_left_out": left_out}


def _peak_kib() -> int:
    """The most memory that this process has had. ``ru_maxrss`` is that of the parent where the parent had more."""
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["VmHWM"].split()[0])


def _moves(purchases: Purchases, customers: Ints, day: int, present: Version, version: Version) -> float:
    rhythms = purchases.on(day, customers)
    if not len(rhythms.x):
        return 0.0
    return float(np.mean(np.abs(logits(rhythms, version) - logits(rhythms, present))))
