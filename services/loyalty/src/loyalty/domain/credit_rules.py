"""What a programme says of credit in money."""

from dataclasses import dataclass

from loyalty.domain.act_rules import Cap
from loyalty.domain.earning import Earning


@dataclass(frozen=True, slots=True)
class CreditRules:
    """What orders earn in credit is a whole number of ``step``, which is in thousandths of the currency.

    The rules of ``earning`` give steps (None: no order earns credit). It is on hold for ``hold_days`` from the payment
    (None: as points are), then usable for ``expiry_days`` (None: without end). ``caps`` are on what a customer earns of
    it in a period, in thousandths.
    """

    step: int
    earning: Earning | None = None
    hold_days: int | None = None
    expiry_days: int | None = None
    caps: tuple[Cap, ...] = ()
