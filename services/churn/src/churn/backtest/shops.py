"""The log cut at random into small shops: how a score does that has only sixty customers to learn from."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from churn.backtest.baselines import NAMES
from churn.backtest.measures import NOT_DEFINED, mean_of, measures
from churn.backtest.origins import SCORE, Judged
from churn.backtest.read import Log, part_of
from churn.backtest.report import NO_ROW
from churn.backtest.run import Progress, run_shops


def shops_of(log: Log, size: int) -> Iterator[Log]:
    """Shops of ``size`` customers each, who are drawn by a hash of their ids; the rest makes no shop."""
    hashes = [blake2b(f"shop {customer}".encode(), digest_size=8).digest() for customer in log.customers]
    drawn = sorted(range(len(hashes)), key=lambda place: hashes[place])
    for begin in range(0, len(drawn) - size + 1, size):
        yield part_of(log, sorted(drawn[begin : begin + size]))


def backtest_shops(log: Log, size: int, horizon_weeks: float, progress: Progress) -> dict[str, Any]:
    """Backtest every shop; the means over shops of their means over origins."""
    judged = [found for found in run_shops([*shops_of(log, size)], horizon_weeks, progress) if found]
    none = "No shop can be judged: there are too few customers for one, or the log is too short."
    return report_of_shops(judged, size, None if judged else NO_ROW if log.broken_count and not log.orders else none)


def report_of_shops(judged: Sequence[Sequence[Judged]], size: int, reason: str | None) -> dict[str, Any]:
    """The object that is printed of shops; ``reason`` says why there are none."""
    by_model = {
        name: [mean_of(origin.measured[name] for origin in found) for found in judged] for name in (SCORE, *NAMES)
    }
    behind = {
        name: sum(of.log_loss > ours.log_loss for of, ours in zip(by_model[name], by_model[SCORE], strict=True))
        for name in NAMES
    }
    means = {name: measures(mean_of(of) if judged else NOT_DEFINED) for name, of in by_model.items()}
    return {
        "shops": len(judged),
        "customers_each": size,
        "reason": reason,
        "mean": {
            **means[SCORE],
            "baselines": {
                name: {**of, "shops_behind_the_score": behind[name]} for name, of in means.items() if name != SCORE
            },
        },
    }
