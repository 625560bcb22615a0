"""The result of a backtest as JSON: what ``make backtest`` prints, and what the table and the page are made of."""

from datetime import date
from typing import Any

import numpy as np

from churn.backtest.baselines import NAMES
from churn.backtest.measures import NOT_DEFINED, REPLICATED, mean_of, mean_replicates, measures, rounded
from churn.backtest.origins import PURCHASES_ONLY, SCORE, Judged
from churn.backtest.read import Log
from churn.backtest.run import NO_RESULT, Result
from churn.backtest.walk import Tally
from churn.domain.bands import BANDS
from churn.fitting.likelihood import Floats
from churn.fitting.purchases import Purchases

NO_ROW = "No row could be read."
_PERCENT = (2.5, 97.5)
# Of a baseline's REPLICATED less the score's: an AUC is better above, an error below.
_TOWARDS_BETTER = np.array([-1.0, 1.0, 1.0])


def report_of(log: Log, result: Result, horizon_weeks: float) -> dict[str, Any]:
    """The object that is printed. What cannot be computed, such as the AUC where nobody bought, is null.

    ``reason`` is why there is no origin, and null if there are some.
    """
    purchases = log.purchases
    days = (
        [date.fromordinal(day).isoformat() for day in (purchases.first_day, purchases.last_day)] if log.orders else None
    )
    return {
        "log": {
            "customers": len(log.customers),
            "orders": log.orders,
            "days": days,
            "broken_rows": log.broken_count,
            "empty_origins": result.empty_origins,
        },
        "reason": None if result.judged else _reason(log, result),
        "horizon_weeks": horizon_weeks,
        "origins": [_origin(each, each.version.numbers()) for each in result.judged],
        "mean": _mean(result.judged) if result.judged else _no_mean(log),
        "intervals": _intervals(result.judged) if result.judged else None,
        "bands": {band: _band(band, result) for band in BANDS},
        "value_list": {
            name: {"share_of_later_revenue": rounded(held.top / held.whole) if held.whole else None}
            for name, held in result.held.items()
        },
    }


def report_of_nothing(reason: str, horizon_weeks: float) -> dict[str, Any]:
    """The object that is printed where no log could be read."""
    nothing = np.zeros(0, dtype=np.int64)
    log = Log([], Purchases(nothing, nothing, np.zeros(0)), 0, ())
    return report_of(log, NO_RESULT, horizon_weeks) | {"reason": reason}


def names_of(judged: Judged) -> list[str]:
    """What the score is compared with: itself by purchases alone, if there are signals, and the baselines."""
    return [name for name in judged.measured if name != SCORE]


def _origin(judged: Judged, version: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": date.fromordinal(judged.day + 1).isoformat(),
        **measures(judged.measured[SCORE]),
        "base_rate": rounded(judged.base_rate),
        "predicted": rounded(judged.predicted),
        "n": judged.customers,
        "baselines": {name: measures(judged.measured[name]) for name in names_of(judged)},
        "reliability": [{"said": rounded(b.said), "bought": rounded(b.bought), "n": b.customers} for b in judged.bins],
        "version": version,
    }


def _reason(log: Log, result: Result) -> str:
    if log.broken_count and not log.orders:
        return NO_ROW
    if result.empty_origins:
        return "Nobody bought within the horizon of any origin: there is nothing to judge by."
    return "The log is too short: no origin has 26 weeks before it and a whole horizon after it."


def _no_mean(log: Log) -> dict[str, Any]:
    names = NAMES if log.purchases.signals is None else (PURCHASES_ONLY, *NAMES)
    none = measures(NOT_DEFINED)
    return {**none, "base_rate": None, "n": 0, "baselines": dict.fromkeys(names, none)}


def _mean(judged: list[Judged]) -> dict[str, Any]:
    return {
        **measures(mean_of([each.measured[SCORE] for each in judged])),
        "base_rate": rounded(float(np.mean([each.base_rate for each in judged]))),
        "n": rounded(float(np.mean([each.customers for each in judged]))),
        "baselines": {
            name: measures(mean_of([each.measured[name] for each in judged])) for name in names_of(judged[0])
        },
    }


def _intervals(judged: list[Judged]) -> dict[str, Any]:
    """95 % intervals over customers: of the score's means, and of what it gains over each baseline."""
    names = names_of(judged[0])
    means = {name: mean_replicates([each.replicates[name] for each in judged]) for name in (SCORE, *names)}
    gains = {name: (means[name] - means[SCORE]) * _TOWARDS_BETTER[:, None] for name in names}
    return {
        "score": {measure: _interval(means[SCORE][row]) for row, measure in enumerate(REPLICATED)},
        "gains": {name: dict(zip(REPLICATED, map(_interval, gains[name]), strict=True)) for name in names},
    }


def _interval(replicates: Floats) -> list[float] | None:
    known = replicates[np.isfinite(replicates)]
    return [float(rounded(float(end)) or 0.0) for end in np.percentile(known, _PERCENT)] if len(known) else None


def _band(band: str, result: Result) -> dict[str, Any]:
    entered, stood = result.entries.get(band, Tally()), result.standings.get(band, Tally())
    return {
        "entries": entered.predictions,
        "entries_per_customer_year": _share(entered.predictions, result.customer_years),
        "buys_after_entry": _share(entered.bought, entered.predictions),
        "said_at_entry": _share(entered.shown, entered.predictions),
        "customers_at_origins": stood.predictions,
        "buys": _share(stood.bought, stood.predictions),
        "said": _share(stood.shown, stood.predictions),
    }


def _share(part: float, whole: float) -> float | None:
    return rounded(part / whole) if whole else None
