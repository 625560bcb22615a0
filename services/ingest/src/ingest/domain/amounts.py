"""Money and quantities as exact decimals, converted from the unit of a platform to the currency of the shop."""

from decimal import Context, Decimal
from types import MappingProxyType

from ingest.domain.outcomes import Refused
from ingest.domain.sources import Source
from mandegar.events.ingest import AMOUNT_MAX, require_amount

DECIMALS_MAX = 18

# Codes of Iranian platforms outside ISO 4217, with their value as (currency, amount): toman, thousand rial, thousand
# toman.
UNITS: MappingProxyType[str, tuple[str, Decimal]] = MappingProxyType(
    {"IRT": ("IRR", Decimal(10)), "IRHR": ("IRR", Decimal(1_000)), "IRHT": ("IRR", Decimal(10_000))}
)
_ZERO = Decimal(0)
_ONE = Decimal(1)
# Precise enough for any product of an amount and a factor.
_WIDE = Context(prec=80)


def units_of(currency: str) -> frozenset[str]:
    """The units in which amounts of a currency may be written: itself, and those of platforms."""
    return frozenset({currency, *(unit for unit, (of, _) in UNITS.items() if of == currency)})


def exact(amount: Decimal, field: str) -> Decimal:
    """The amount without exponent and negative zero; raises ``Refused`` if out of range or too fine."""
    if amount.same_quantum(_ONE) and _ZERO <= amount <= AMOUNT_MAX:
        return amount.copy_abs()
    try:
        require_amount(amount, field)
    except ValueError as error:
        raise Refused("bad_amount", str(error)) from error
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DECIMALS_MAX:
        raise Refused("bad_amount", f"{field} must have at most {DECIMALS_MAX} decimal places")
    if exponent > 0:
        amount = amount.quantize(_ONE)
    # Not abs(), which rounds to the precision of the current context.
    return amount.copy_abs()


def money(amount: Decimal, field: str, times: Decimal) -> Decimal:
    """The exact amount in the shop's currency; ``times`` is the ``factor`` of its unit."""
    amount = exact(amount, field)
    return amount if times == _ONE else exact(_WIDE.multiply(amount, times), field)


def factor(named: str | None, source: Source) -> Decimal:
    """The value of one ``named`` unit in the shop's currency; raises ``Refused`` for other currencies.

    Events of a source without a unit must name the shop's currency; events of a source with a unit may omit it. Toman
    are never guessed: an amount that might be ten times too small is quarantined.
    """
    currency = source.shop.currency
    name = named or source.unit
    if name == currency:
        return _ONE
    if name is None:
        raise Refused("wrong_currency", f"data.currency is missing; the currency of this shop is {currency}")
    unit = UNITS.get(name)
    if unit is not None and name == source.unit and unit[0] == currency:
        return unit[1]
    raise Refused(
        "wrong_currency", f"data.currency must be {currency} (the shop's currency) or the unit of this source"
    )
