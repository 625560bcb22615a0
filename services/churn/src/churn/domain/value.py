"""What is at stake with a customer, as money: what a contact can win back, and the order of the value list.

A contact moves the logit of the score a little, and so moves the probability P in proportion to P (1 - P): hardly for
who buys anyway and for who is gone. Value at risk = P (1 - P), times the orders that a customer of this rate places in
the horizon, times the value of an order: the mean of the customer's own and of two of the shop's mean.
"""

from decimal import Decimal
from math import exp
from typing import Final, NamedTuple

from churn.domain.forecast.lines import log_probability
from churn.domain.forecast.outlook import ORDERS_OF_THE_SHOP, outlook, purchase_value
from churn.domain.orders import UNITS, money
from churn.domain.standing import Moment, Standing

_CENT: Final = Decimal("0.01")
_MILLIONTH: Final = Decimal("0.000001")


class ListKeys(NamedTuple):
    """What a list of who is not healthy may be sorted by besides the value at risk, as of the crossing into the band.

    Those of now have no order that stands still: in silence two customers change places, since one's score falls faster
    than the other's.
    """

    risk: Decimal
    year_value: Decimal


def list_keys(standing: Standing, moment: Moment) -> ListKeys:
    """The risk at a moment, to six decimals, and what the next 52 weeks are worth then, to two."""
    statistics, version = standing.statistics, standing.model.numbers
    worth = purchase_value(statistics.net / UNITS, statistics.x + 1, version)
    year_value = outlook(standing.curve, moment.silence, worth, version).year_value
    return ListKeys(Decimal(moment.risk).quantize(_MILLIONTH), Decimal(year_value).quantize(_CENT))


def value_at_risk(standing: Standing, moment: Moment) -> Decimal:
    """The value at risk at a moment, in the shop's currency, to two decimals."""
    statistics, version = standing.statistics, standing.model.numbers
    r, alpha, _, _ = version.population
    expected_orders = version.horizon_weeks * (r + statistics.x) / (alpha + statistics.t_x + moment.silence)
    movable = exp(log_probability(moment.logit)) * moment.risk
    shop_orders = ORDERS_OF_THE_SHOP if version.mean_order > 0.0 else 0
    total = money(statistics.net) + shop_orders * Decimal(version.mean_order)
    stake = Decimal(movable * expected_orders) * total / (statistics.orders + shop_orders)
    return max(Decimal(0), stake).quantize(_CENT)
