"""What a customer has: the sums over all lots of each unit."""

from collections.abc import Sequence

from loyalty.domain.expiries import expiries
from loyalty.domain.lots import Lot
from loyalty.domain.posting import Balance
from loyalty.domain.settled import CreditBalance
from loyalty.domain.timeline import Timeline


def balance_of(timeline: Timeline) -> Balance:
    """The sums over all lots of points."""
    return _sums(timeline.lots, timeline.debt)


def credit_of(timeline: Timeline) -> CreditBalance | None:
    """The sums over all lots of credit, and what expires next; None if there never was any."""
    if not timeline.credit:
        return None
    expiring = expiries(timeline.credit)
    balance = _sums(timeline.credit, timeline.owed)
    return CreditBalance(timeline.programme.currency, balance, expiring[0] if expiring else None)


def _sums(lots: Sequence[Lot], debt: int) -> Balance:
    available = pending = held = lifetime = 0
    for lot in lots:
        available += lot.available
        pending += lot.pending
        held += lot.held
        lifetime += lot.given
    return Balance(available, pending, held, debt, lifetime)
