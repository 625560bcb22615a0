"""What a fit finds signals to be worth: much where they tell, nothing where they do not, and the stream agrees."""

from datetime import date
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Final

import numpy as np
import pytest

from churn.backtest.world import Row, world
from churn.domain.forecast.version import Version
from churn.domain.model import Model
from churn.domain.orders import Orders, record_payment, record_snapshot
from churn.domain.packed import Packed
from churn.domain.sample import Sampled, framed
from churn.domain.signals import noted
from churn.domain.signals.experience import Fact, fact
from churn.domain.signals.state import unpack_signals, with_fact, with_visit
from churn.domain.standing import standing_of
from churn.fitting.fit_version import fit_version
from churn.fitting.hearing import signals_sent
from churn.fitting.purchases import Purchases
from churn.fitting.sample import read_purchases
from churn.fitting.scoring import logits, logits_by_purchases
from churn.fitting.signals import SignalLog
from churn.fitting.trust import with_earned_trusts
from mandegar.calendar import shop_days
from mandegar.events.orders import PAID

DAYS: Final = shop_days("UTC")
_BEGINS: Final = 1_700_000_000_000_000 // 86_400_000_000 * 86_400_000_000
_WEEK: Final = 7 * 86_400_000_000
LAST: Final = date(1970, 1, 1).toordinal() + (_BEGINS + 100 * _WEEK) // 86_400_000_000
CUSTOMERS: Final = 700


def at_us(week: float) -> int:
    return _BEGINS + round(week * _WEEK)


def told(row: Row) -> Fact | None:
    at = at_us(row.at)
    match row.type:
        case "review.submitted":
            return noted.reviewed(at, float(row.value), 5.0, None, row.subject)
        case "survey.nps":
            return noted.surveyed(at, "nps", float(row.value), row.subject)
        case "delivery.late":
            return fact("delivery_promised", at, key=row.subject)
        case "ticket.opened":
            return fact("ticket_opened", at, 0.6, row.subject)
    return fact("ticket_answered", at, key=row.subject)


class Shop:
    """The synthetic world as the rows of its customers, by what was known at the end of ``LAST``."""

    def __init__(self, seed: int) -> None:
        self.orders: list[Orders] = []
        self.signals: list[bytes] = []
        for _, bought, rows in world(seed, CUSTOMERS):
            if not bought or bought[0][0] >= 100:
                continue
            orders: Orders = {}
            for number, (week, amount) in enumerate(bought):
                if week < 100:
                    record_snapshot(orders, f"o{number}", Decimal(str(amount)), 1, at_us(week), PAID)
                    record_payment(orders, f"o{number}", at_us(week))
            data = b""
            for row in rows:
                if row.at < 100:
                    visits = row.type.startswith(("product", "cart"))
                    data = with_visit(data, at_us(row.at)) if visits else with_fact(data, told(row))
            self.orders.append(orders)
            self.signals.append(data)

    def purchases(self, signals: list[bytes] | None = None) -> Purchases:
        stored = [Packed(b"").store(orders) for orders in self.orders]
        rows = [
            Sampled(number, each.data, b"".join(each.left.values()), data)
            for number, (each, data) in enumerate(zip(stored, signals or self.signals, strict=True))
        ]
        return read_purchases(BytesIO(framed(rows)), DAYS, LAST)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(seed=5)


def fitted(purchases: Purchases) -> Version:
    everybody = np.arange(purchases.customers)
    return with_earned_trusts(purchases, everybody, LAST, fit_version(purchases, LAST, everybody))


@pytest.fixture(scope="module")
def version(shop: Shop) -> Version:
    return fitted(shop.purchases())


def test_signals_that_tell_are_trusted_and_level_and_purchases_stay_where_they_were(
    shop: Shop, version: Version
) -> None:
    purchases = shop.purchases()
    silent = fitted(shop.purchases([b""] * len(shop.signals)))
    rhythms = purchases.on(LAST)

    assert version.signals is not None
    assert version.signals.trust_visits >= 0.5
    assert version.signals.alive > 0
    assert version.signals.unhappy < 0
    assert version._replace(signals=None) == silent
    means = [float(np.mean(1 / (1 + np.exp(-each(rhythms, version))))) for each in (logits, logits_by_purchases)]
    assert means[0] == pytest.approx(means[1], abs=1e-9)


def test_the_stream_scores_as_the_columns_do(shop: Shop, version: Version) -> None:
    purchases = shop.purchases()
    for day in (LAST, LAST + 100):
        columns = logits(purchases.on(day), version)
        for orders, data, expected in zip(shop.orders, shop.signals, columns, strict=True):
            one = standing_of(orders, Model(1, version), DAYS, unpack_signals(data))
            assert one is not None
            assert one.at(DAYS.end_of(day)).logit == pytest.approx(expected, abs=1e-9)
    fresh = logits(purchases.fresh(purchases.on(LAST)), version)
    found = [standing_of(*each) for each in _rows(shop, version)]
    assert [one and one.fresh for one in found] == pytest.approx(fresh.tolist(), abs=1e-9)


def _rows(shop: Shop, version: Version):  # type: ignore[no-untyped-def]
    under = partial(unpack_signals)
    return [
        (orders, Model(1, version), DAYS, under(data)) for orders, data in zip(shop.orders, shop.signals, strict=True)
    ]


def test_signals_of_somebody_else_are_worth_nothing(shop: Shop) -> None:
    shuffled = [shop.signals[place] for place in np.random.default_rng(1).permutation(len(shop.signals))]
    found = fitted(shop.purchases(shuffled)).signals

    assert found is None or found.trust_visits <= 0.25


@pytest.mark.parametrize("signals", [None, SignalLog(np.zeros(0, np.int64), np.zeros(0, np.int64), [])])
def test_a_shop_without_signals_has_the_numbers_of_purchases_alone(shop: Shop, signals: SignalLog | None) -> None:
    purchases = shop.purchases([b""] * len(shop.signals))
    expected = fitted(purchases).numbers()
    purchases.signals = signals

    assert fitted(purchases).numbers() == expected
    assert "signals" not in expected


def test_a_shop_that_has_stopped_sending_visits_lowers_nobody_for_it(shop: Shop) -> None:
    purchases = shop.purchases()
    assert signals_sent(purchases, LAST)[0]
    assert not signals_sent(purchases, LAST + 8)[0]
    assert not signals_sent(purchases, LAST + 300)[0]
