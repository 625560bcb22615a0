"""The likelihood against published figures and against differences, and the child process that fits."""

import json
import subprocess
import sys
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from builders.packed_orders import pack
from churn.backtest.maximum import maximise
from churn.domain.forecast.version import prior_version, version_of
from churn.domain.model import prior_model
from churn.domain.orders import Orders
from churn.domain.packed import Packed
from churn.domain.sample import Sampled, framed
from churn.fitting.fit import fit
from churn.fitting.fit_version import fit_version
from churn.fitting.likelihood import Histogram, cells_of, log_likelihood
from churn.fitting.sample import read_purchases
from churn.fitting.trust import fit_trust, matured
from harness.cdnow import Cdnow, fold
from mandegar.calendar import shop_days

UTC_DAYS = shop_days("UTC")
IN_FORCE = prior_version().numbers()


def calibration(cdnow: Cdnow) -> Histogram:
    """The first 39 weeks, a cell for each customer."""
    through = cdnow.calibration_end.toordinal()
    days = cdnow.days_by_customer(cdnow.calibration_end).values()
    rows = np.array([(len(of) - 1, (of[-1] - of[0]) / 7, (through - of[0]) / 7) for of in days], dtype=np.float64)
    x, t_x, age = rows.T
    return cells_of(x, t_x, age, np.ones(len(x)))


def test_bg_nbd_reproduces_the_published_fit_of_the_cdnow_sample(cdnow: Any) -> None:
    parameters, value = maximise(calibration(cdnow), leaves_at_first=False)

    assert value == pytest.approx(-9582.43, abs=0.01)
    assert [round(each, 3) for each in parameters] == [0.243, 4.414, 0.793, 2.426]


def test_mbg_nbd_fits_the_same_weeks_a_little_better(cdnow: Any) -> None:
    parameters, value = maximise(calibration(cdnow), leaves_at_first=True)

    assert value == pytest.approx(-9582.14, abs=0.01)
    assert parameters == pytest.approx((0.5248, 6.183, 0.8914, 1.614), abs=1e-3)


def test_orders_of_zero_are_purchases_in_the_published_data(cdnow: Any) -> None:
    paid = {line.customer for line in cdnow.lines if line.amount and line.day <= cdnow.calibration_end}

    assert len(paid) < 2_357
    assert len(cdnow.days_by_customer(cdnow.calibration_end)) == 2_357


@pytest.mark.parametrize("leaves_at_first", [True, False])
@pytest.mark.parametrize("parameters", [(0.5, 6.0, 0.9, 1.6), (1.7, 2.2, 0.3, 4.0)])
def test_gradients_agree_with_differences(cdnow: Any, leaves_at_first: bool, parameters: tuple[float, ...]) -> None:
    cells = calibration(cdnow)
    at, step = np.log(np.array(parameters)), 1e-5

    gradient = log_likelihood(at, cells, leaves_at_first).gradient
    for index, by in enumerate(gradient):
        shift = np.eye(4)[index] * step
        above = log_likelihood(at + shift, cells, leaves_at_first).value
        below = log_likelihood(at - shift, cells, leaves_at_first).value
        assert by == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=1e-4)


def sample_of(orders: Iterable[Orders]) -> bytes:
    return framed(Sampled(number, pack(each), b"") for number, each in enumerate(orders))


def in_child(sample: bytes, day: int) -> dict[str, Any]:
    request = {"through_day": day, "zone": "UTC", "in_force": IN_FORCE, "matured": [], "unchecked": []}
    child = subprocess.run(
        [sys.executable, "-m", "churn.fitting"],
        input=json.dumps(request).encode() + b"\n" + sample,
        capture_output=True,
    )
    assert child.returncode == 0, child.stderr.decode()
    answer: dict[str, Any] = json.loads(child.stdout)
    return answer


def test_the_child_process_finds_the_version_of_the_purchases_in_the_packs(cdnow: Any) -> None:
    folded = fold(cdnow.lines)
    day = cdnow.holdout_end.toordinal() - 1
    found = in_child(sample_of(folded[customer] for customer in sorted(folded)), day)
    known = cdnow.purchases([line for line in cdnow.lines if line.day.toordinal() <= day])
    expected = fit(known, day, IN_FORCE)

    assert version_of(found["numbers"]) == version_of(expected["numbers"])
    assert (found["moves"], found["purchases"]) == (expected["moves"], expected["purchases"])
    assert (found["customers"], found["moves"] > 0.02) == (2_357, True)
    assert found["memory_mb"] < 400


def test_a_fit_has_the_trust_that_versions_of_the_past_have_earned(cdnow: Any) -> None:
    purchases = cdnow.purchases()
    customers, day = np.arange(purchases.customers), purchases.last_day - 1
    past = [origin for number in range(6) if (origin := day - 56 - 28 * number) >= purchases.first_day + 181]
    some = customers[np.linspace(0, len(customers) - 1, 2_000).astype(np.int64)]
    earned = [matured(purchases, some, origin, fit_version(purchases, origin, some)) for origin in past]
    found = version_of(fit(purchases, day, IN_FORCE)["numbers"])

    assert len(earned) == 6
    assert found == fit_version(purchases, day, customers)._replace(trust=fit_trust(earned, day, 56))


def test_the_memory_of_a_fit_is_its_own_and_not_that_of_the_process_that_started_it() -> None:
    mine_mb = 500
    held = bytearray(mine_mb * 2**20)
    of_child = in_child(b"", Cdnow().lines[0].day.toordinal())["memory_mb"]
    del held
    assert of_child < mine_mb


def test_nobody_and_somebody_can_be_fitted() -> None:
    """No minimum: a shop's first customer moves the prior a little, and a shop without any has the prior."""
    day = Cdnow().lines[0].day.toordinal() + 30
    nobody, empty_pack = in_child(b"", day), in_child(sample_of([{}]), day)
    one: Orders = fold(Cdnow().lines[:1]).popitem()[1]
    somebody = in_child(sample_of([one]), day)

    assert nobody["moves"] == empty_pack["moves"] == 0.0
    assert version_of(nobody["numbers"]) == prior_model().numbers
    assert somebody["customers"] == 1
    assert 0.0 < somebody["moves"] < 1.0


def test_older_orders_belong_to_the_sample(cdnow: Any) -> None:
    orders = fold(cdnow.lines)[cdnow.lines[0].customer]
    recent, older = dict([*orders.items()][:1]), dict([*orders.items()][1:])
    older_bytes = b"".join(Packed(pack(older)).recent.values())
    day = cdnow.holdout_end.toordinal()

    split = read_purchases(_stream(framed([Sampled(5, pack(recent), older_bytes)])), UTC_DAYS, day)
    whole = read_purchases(_stream(sample_of([orders])), UTC_DAYS, day)

    assert older
    assert split.day.tolist() == whole.day.tolist()
    assert split.net.tolist() == whole.net.tolist()


def _stream(data: bytes) -> BytesIO:
    return BytesIO(data)
