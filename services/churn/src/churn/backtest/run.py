"""The whole backtest of one log, on two cores: fit every origin, choose trusts in order of time, judge, walk."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from churn.backtest.origins import Fitted, Judged, fit_origin, judge, origin_days, with_buyers
from churn.backtest.read import Log
from churn.backtest.value_list import ORDERS, Held, held
from churn.backtest.walk import NO_BAND, Force, Tally, Walked, walk
from churn.domain.forecast.version import Version
from churn.fitting.fit_version import sampled
from churn.fitting.hearing import hearing
from churn.fitting.likelihood import Ints
from churn.fitting.purchases import Purchases
from churn.fitting.trust import EVERY_DAYS, fit_trust
from mandegar.children import end_with

CORES: Final = 2
CHUNK_CUSTOMERS: Final = 500

# What is being done, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]
_Found = TypeVar("_Found")


class Result(NamedTuple):
    """What a backtest found; ``forces`` are the versions with their trusts.

    ``empty_origins`` were left out, because nobody at all bought within their horizon.
    """

    judged: list[Judged]
    forces: list[Force]
    entries: dict[str, Tally]
    standings: dict[str, Tally]
    customer_years: float
    held: dict[str, Held]
    empty_origins: int


NO_RESULT: Final = Result([], [], {}, {}, 0.0, dict.fromkeys(ORDERS, Held(0.0, 0.0)), 0)


class _Given:
    """What the processes of the pool inherit, instead of receiving it with each task."""

    purchases: Purchases
    sample: Ints


def run(
    log: Log, horizon_weeks: float, progress: Progress, *, processes: int = CORES, origins_max: int | None = None
) -> Result:
    """Backtest a log whose last day is a horizon after its first origin at least; else nothing is found.

    With one process it computes in this one. ``origins_max``: of more origins than these, the last ones are judged.
    """
    purchases, sample = log.purchases, sampled(log.customers)
    horizon_days = round(horizon_weeks * 7)
    every = origin_days(purchases, horizon_days)
    days = with_buyers(purchases, every, horizon_days)
    empty_origins = len(every) - len(days)
    days = days[max(len(days) - origins_max, 0) :] if origins_max is not None else days
    _Given.purchases, _Given.sample = purchases, sample
    with _mapping(processes) as mapped:

        def each(function: Callable[[Any], _Found], items: Sequence[Any], doing: str) -> list[_Found]:
            return [*_told(mapped(function, items), doing, len(items), progress)]

        fitted = each(partial(_fit, horizon_weeks=horizon_weeks), days, "origins fitted")
        pairs = _with_trust(purchases, sample, fitted, horizon_days)
        judged = each(partial(_judge, bootstrap=True), pairs, "origins judged")
        # The last of all holds to the end; a version in front of what was left out does not hold all through it.
        until = [day + EVERY_DAYS if every[-1] > day else purchases.last_day - 1 for day in days]
        # Bands are walked by purchases alone: a log has no instants of what happened between its days.
        by_purchases = [version._replace(signals=None) for _, version in pairs]
        forces = [Force(*each) for each in zip(days, until, by_purchases, strict=True)]
        chunks = [sample[begin : begin + CHUNK_CUSTOMERS] for begin in range(0, len(sample), CHUNK_CUSTOMERS)]
        walks = each(partial(_walk, forces=forces, horizon_days=horizon_days), chunks, "parts of the customers walked")
    bands = np.array([row for walked in walks for row in walked.bands]).reshape(len(sample), len(days))
    return Result(
        judged,
        forces,
        _sum(walked.entries for walked in walks),
        _sum(walked.standings for walked in walks),
        float(np.sum((bands != NO_BAND) * (np.array(until) - np.array(days)))) / 365.25,
        _value_list(purchases, sample, pairs, bands, horizon_days),
        empty_origins,
    )


def run_shops(shops: Sequence[Log], horizon_weeks: float, progress: Progress) -> list[list[Judged]]:
    """What each of many small shops would have been told, without intervals and bands."""
    with _mapping(CORES) as mapped:
        found = mapped(partial(_judge_shop, horizon_weeks=horizon_weeks), shops)
        return [*_told(found, "shops", len(shops), progress)]


@contextmanager
def _mapping(processes: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """``map``, by processes that are forked from this one and end with it."""
    if processes == 1:
        yield map
        return
    with ProcessPoolExecutor(processes, get_context("fork"), end_with, (os.getpid(),)) as pool:
        yield pool.map


def _judge_shop(log: Log, horizon_weeks: float) -> list[Judged]:
    purchases, sample = log.purchases, sampled(log.customers)
    horizon_days = round(horizon_weeks * 7)
    fitted = [fit_origin(purchases, sample, day, horizon_weeks) for day in origin_days(purchases, horizon_days)]
    pairs = _with_trust(purchases, sample, fitted, horizon_days)
    return [judge(purchases, *pair, bootstrap=False) for pair in pairs]


def _with_trust(
    purchases: Purchases, sample: Ints, fitted: Sequence[Fitted], horizon_days: int
) -> list[tuple[Fitted, Version]]:
    """Each version with the trusts that those before it have earned by its day."""
    matured, signals = [each.matured for each in fitted], [each.matured_signals for each in fitted]
    trusted = [each.version._replace(trust=fit_trust(matured, each.day, horizon_days)) for each in fitted]
    return [
        (each, hearing(purchases, sample, each.day, version, signals))
        for each, version in zip(fitted, trusted, strict=True)
    ]


def _told(found: Iterable[_Found], doing: str, total: int, progress: Progress) -> Iterator[_Found]:
    for done, one in enumerate(found, start=1):
        progress(doing, done, total)
        yield one


def _value_list(
    purchases: Purchases, sample: Ints, pairs: Sequence[tuple[Fitted, Version]], bands: Ints, horizon_days: int
) -> dict[str, Held]:
    """What the top of the list of all customers who are not healthy held, summed over origins."""
    total = dict.fromkeys(ORDERS, Held(0.0, 0.0))
    for origin, (fitted, version) in enumerate(pairs):
        listed = sample[bands[:, origin] > 0]
        if len(listed):
            rhythms = purchases.on(fitted.day, listed)
            found = held(purchases, rhythms, fitted.day, horizon_days, version)
            total = {name: Held(*(a + b for a, b in zip(total[name], found[name], strict=True))) for name in ORDERS}
    return total


def _sum(parts: Iterator[dict[str, Tally]]) -> dict[str, Tally]:
    total: dict[str, Tally] = {}
    for part in parts:
        for name, tally in part.items():
            total[name] = total.get(name, Tally()).plus(tally)
    return total


def _fit(day: int, horizon_weeks: float) -> Fitted:
    return fit_origin(_Given.purchases, _Given.sample, day, horizon_weeks)


def _judge(pair: tuple[Fitted, Version], *, bootstrap: bool) -> Judged:
    return judge(_Given.purchases, *pair, bootstrap=bootstrap)


def _walk(customers: Ints, forces: Sequence[Force], horizon_days: int) -> Walked:
    return walk(_Given.purchases, [int(customer) for customer in customers], forces, horizon_days)
