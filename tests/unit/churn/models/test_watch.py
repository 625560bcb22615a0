"""The alarm of a drift is silent in every season and on the public sample, and sees customers stay away."""

from math import pi, sin
from typing import Any

import numpy as np
import pytest

from churn.fitting.calibration import calibration
from churn.fitting.fit_version import fit_version
from churn.models.rules import USUAL_WEEKS_MIN, Watched, Week, watch

SAID = 400.0


def season(week: int, swing: float) -> float:
    return 1.0 + swing * sin(2 * pi * week / 52)


def weeks(ratios: list[float], noise: int | None = None) -> list[Week]:
    dice = np.random.default_rng(noise)
    return [Week(SAID, float(dice.poisson(SAID * ratio)) if noise is not None else SAID * ratio) for ratio in ratios]


def smoothed(ratios: list[float]) -> list[float]:
    """A week's horizon is eight weeks long."""
    return [float(np.mean(ratios[place : place + 8])) for place in range(len(ratios) - 7)]


@pytest.mark.parametrize("swing", [0.0, 0.2, 0.35])
@pytest.mark.parametrize("start", [0, 13, 26, 39])
def test_no_season_is_an_alarm(swing: float, start: int) -> None:
    ratios = smoothed([season(start + week, swing) for week in range(160)])

    for until in range(1, len(ratios)):
        assert watch(weeks(ratios[:until], noise=until)).drift in {"unknown", "none"}


def test_a_week_of_feasts_each_year_is_no_alarm() -> None:
    ratios = smoothed([1.8 if week % 52 in {48, 49, 50} else 1.0 for week in range(160)])

    for until in range(1, len(ratios)):
        assert watch(weeks(ratios[:until])).drift in {"unknown", "none"}


@pytest.mark.parametrize(("level", "drift"), [(0.5, "fewer"), (2.0, "more")])
def test_half_or_twice_as_many_buyers_as_usual_are_an_alarm(level: float, drift: str) -> None:
    for begin in (50, 70, 100):
        usual = [season(week, 0.1) for week in range(begin)]
        later = [level * season(week, 0.1) for week in range(begin, begin + 15)]

        assert watch(weeks(smoothed(usual), noise=1)).drift == "none"
        assert watch(weeks(smoothed([*usual, *later]), noise=1)).drift == drift


def test_after_a_year_a_third_less_than_in_the_same_season_is_an_alarm() -> None:
    ratios = [season(week, 0.35) * (1.0 if week < 104 else 0.65) for week in range(120)]

    assert watch(weeks(smoothed(ratios), noise=1)).drift == "fewer"


def test_a_shop_of_few_buyers_is_not_alarmed_by_chance() -> None:
    dice = np.random.default_rng(3)
    for _ in range(300):
        few = [Week(4.0, float(dice.poisson(4.0))) for _ in range(60)]
        assert watch(few).drift == "none"


def test_a_version_that_is_always_wrong_by_as_much_has_not_drifted() -> None:
    watched = watch(weeks([0.6] * 60))

    assert watched.drift == "none"
    assert watched.recent == pytest.approx(0.6, abs=0.01)
    assert watched.usual == pytest.approx(0.6, abs=0.01)


def test_what_is_usual_is_unknown_at_first() -> None:
    assert watch([]) == Watched("unknown", None, None)
    assert watch(weeks([0.1] * (USUAL_WEEKS_MIN + 11))).drift == "unknown"
    assert watch([Week(0.0, 0.0)] * 60) == Watched("none", 1.0, 1.0)


def test_the_public_sample_has_no_alarm_although_it_has_a_christmas(cdnow: Any) -> None:
    purchases = cdnow.purchases()
    first, found = purchases.first_day + 26 * 7, list[Week]()
    version = fit_version(purchases, first, np.arange(purchases.customers))
    for day in range(first, purchases.last_day - 56, 7):
        if (day - first) % 28 == 0:
            version = fit_version(purchases, day, np.arange(purchases.customers))
        bands = calibration(purchases, day, version)
        found.append(Week(*(sum(band[key] for band in bands.values()) for key in ("said", "bought"))))
        assert watch(found).drift in {"unknown", "none"}
        assert sum(band["customers"] for band in bands.values()) == len(purchases.on(day).x)
    assert 0.7 < sum(week.bought for week in found) / sum(week.said for week in found) < 1.3
