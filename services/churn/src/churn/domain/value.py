"""What a shop stands to lose with a customer, as money.

Value at risk = rise of the risk since the fresh score, times the orders a customer of this rate places in the horizon
(one at least), times the mean net order value. It is zero on the day of a purchase.
"""

from decimal import Decimal

from churn.domain.orders import money
from churn.domain.standing import Moment, Standing

_CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")


def value_at_risk(standing: Standing, moment: Moment) -> Decimal:
    """The value at risk at a moment, in the shop's currency, to two decimals."""
    if moment.silence == 0.0:
        return _NOTHING
    along = standing.curve
    rise = moment.odds.risk - standing.fresh.risk
    expected_orders = max(1.0, along.n / along.y0 * along.horizon)
    lost = Decimal(rise * expected_orders) * money(standing.statistics.net) / standing.statistics.orders
    return max(Decimal(0), lost).quantize(_CENT)
