"""Money and quantities: exact decimals in the shop's currency, whatever unit of it a platform counts in."""

from decimal import Context, Decimal
from types import MappingProxyType

from ingest.domain.outcomes import Refused
from ingest.domain.sources import Source
from mandegar.events.ingest import AMOUNT_MAX, require_amount

DECIMALS_MAX = 18

# Codes that Iranian platforms use and ISO does not know, as (currency, how many of it one unit is):
# toman, thousand rial, thousand toman.
UNITS: MappingProxyType[str, tuple[str, Decimal]] = MappingProxyType(
    {"IRT": ("IRR", Decimal(10)), "IRHR": ("IRR", Decimal(1_000)), "IRHT": ("IRR", Decimal(10_000))}
)
_ZERO = Decimal(0)
_ONE = Decimal(1)
# Wide enough that no product of an amount and a factor is ever rounded.
_WIDE = Context(prec=80)


def exact(amount: Decimal, field: str) -> Decimal:
    """The amount without exponent or sign of zero; refused if negative, not finite, absurdly large or fine."""
    if amount.same_quantum(_ONE) and _ZERO <= amount <= AMOUNT_MAX:
        return amount.copy_abs()
    try:
        require_amount(amount, field)
    except ValueError as error:
        raise Refused("bad_amount", str(error)) from error
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DECIMALS_MAX:
        raise Refused("bad_amount", f"{field} has more than {DECIMALS_MAX} decimals")
    if exponent > 0:
        amount = amount.quantize(_ONE)
    # Not abs(): that would round to the precision of the ambient context.
    return amount.copy_abs()


def money(amount: Decimal, field: str, times: Decimal) -> Decimal:
    """An exact amount in the shop's currency: ``times`` is what ``factor`` says of the unit it came in."""
    amount = exact(amount, field)
    return amount if times == _ONE else exact(_WIDE.multiply(amount, times), field)


def factor(named: str | None, source: Source) -> Decimal:
    """How many of the shop's currency one unit of the named money is.

    A source without a unit must name the shop's currency in every event; one with a unit may name it or nothing.
    Toman are never guessed: an amount that might be ten times too small waits in quarantine.
    """
    currency = source.shop.currency
    name = named or source.unit
    if name == currency:
        return _ONE
    if name is None:
        raise Refused("wrong_currency", f"currency is missing; this shop's is {currency}")
    unit = UNITS.get(name)
    if unit is not None and name == source.unit and unit[0] == currency:
        return unit[1]
    raise Refused("wrong_currency", f"the currency is not {currency}, nor the unit of this source")
