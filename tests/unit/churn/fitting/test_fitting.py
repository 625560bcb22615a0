"""The fit, against published figures and against differences."""

import json
import subprocess
import sys
from datetime import date
from typing import Any

import numpy as np
import pytest

from churn.domain.priors import PRIORS
from churn.fitting.fit import fit
from churn.fitting.histogram import DAILY_CELLS_MAX, histogram
from churn.fitting.likelihood import log_likelihood

THROUGH = date(1997, 9, 30).toordinal()


def test_bg_nbd_reproduces_the_published_fit_of_the_cdnow_sample(cdnow: Any) -> None:
    fitted = fit(cdnow.counts(cdnow.calibration_end), THROUGH)

    assert fitted["customers"] == 2_357
    assert fitted["bg"]["log_likelihood"] == pytest.approx(-9582.43, abs=0.01)
    rounded = {name: round(value, 3) for name, value in fitted["bg"]["parameters"].items()}
    assert rounded == {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


def test_the_priors_are_the_mbg_fit_of_the_same_weeks(cdnow: Any) -> None:
    fitted = fit(cdnow.counts(cdnow.calibration_end), THROUGH)["mbg"]

    assert fitted["inside_bounds"]
    assert fitted["log_likelihood"] == pytest.approx(-9582.14, abs=0.01)
    assert fitted["parameters"] == pytest.approx(PRIORS._asdict(), abs=1e-3)


def test_orders_of_zero_are_purchases_in_the_published_data(cdnow: Any) -> None:
    paid = {line.customer for line in cdnow.lines if line.amount and line.day <= cdnow.calibration_end}

    assert len(paid) < 2_357
    assert len(cdnow.days_by_customer(cdnow.calibration_end)) == 2_357


@pytest.mark.parametrize("leaves_at_first", [True, False])
@pytest.mark.parametrize("parameters", [(0.5, 6.0, 0.9, 1.6), (1.7, 2.2, 0.3, 4.0)])
def test_gradients_agree_with_differences(cdnow: Any, leaves_at_first: bool, parameters: tuple[float, ...]) -> None:
    cells = histogram(cdnow.counts(cdnow.calibration_end), THROUGH)
    at, step = np.log(np.array(parameters)), 1e-5

    gradient = log_likelihood(at, cells, leaves_at_first).gradient
    for index, by in enumerate(gradient):
        shift = np.eye(4)[index] * step
        above = log_likelihood(at + shift, cells, leaves_at_first).value
        below = log_likelihood(at - shift, cells, leaves_at_first).value
        assert by == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=1e-4)


def test_two_fits_of_one_histogram_agree_to_the_last_bit_in_any_order(cdnow: Any) -> None:
    counts = cdnow.counts(cdnow.calibration_end)
    one, other = fit(counts, THROUGH), fit(counts[::-1], THROUGH)

    assert one["mbg"] == other["mbg"]
    assert one["bg"] == other["bg"]


def test_the_child_process_answers_with_the_same_parameters(cdnow: Any) -> None:
    counts = cdnow.counts(cdnow.calibration_end)
    request = json.dumps({"counts": counts, "through_day": THROUGH})
    child = subprocess.run([sys.executable, "-m", "churn.fitting"], input=request, capture_output=True, text=True)

    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout)["mbg"] == fit(counts, THROUGH)["mbg"]


def test_too_many_cells_share_weeks() -> None:
    days = int(DAILY_CELLS_MAX**0.5) + 1
    counts = [(0, 700_000 + first, 700_000 + first + gap, 1) for first in range(days) for gap in range(days)]
    cells = histogram(counts, 700_000 + 2 * days)

    assert len(cells.x) < len(counts) / 40
    assert cells.customers.sum() == len(counts)
    assert (cells.age >= cells.t_x).all()


def test_a_weekly_grid_hardly_changes_the_log_likelihood(cdnow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = cdnow.counts(cdnow.calibration_end)
    exact = fit(counts, THROUGH)
    monkeypatch.setattr("churn.fitting.histogram.DAILY_CELLS_MAX", 10)
    weekly = fit(counts, THROUGH)

    assert weekly["cells"] < exact["cells"]
    assert weekly["mbg"]["parameters"]["r"] == pytest.approx(exact["mbg"]["parameters"]["r"], rel=0.05)
