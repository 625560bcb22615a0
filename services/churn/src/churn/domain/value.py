"""What a shop stands to lose with a customer, as money.

Value at risk = rise of the risk since the fresh score, times the orders a customer of this rate places in the horizon
(one at least), times the mean net order value. It is zero on the day of a purchase.
"""

from decimal import Decimal

from churn.domain.model import Model
from churn.domain.orders import money
from churn.domain.purchases import Statistics, silence_weeks
from churn.domain.score import odds

CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")


def value_at_risk(known: Statistics, model: Model, at_us: int) -> Decimal:
    """The value at risk at an instant, in the shop's currency, to two decimals."""
    silence = silence_weeks(known, at_us)
    if silence == 0.0:
        return _NOTHING
    along = model.curve_of(known)
    rise = odds(along, silence).risk - odds(along, 0.0).risk
    expected_orders = max(1.0, along.n / along.y0 * along.horizon)
    lost = Decimal(rise * expected_orders) * money(known.net) / known.orders
    return max(Decimal(0), lost).quantize(CENT)
