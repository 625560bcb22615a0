"""Points that were used and must be given back: from other lots, then owed, then repaid."""

from uuid import UUID

from builders.accounts import at, programme
from loyalty.domain.lots import Lot
from loyalty.domain.movements import activate, take_back
from loyalty.domain.orders import Step
from loyalty.domain.zones import Expiry

PROGRAMME = programme()


def lot(number: int, *, available: int = 0, pending: int = 0) -> Lot:
    """A lot of which this is left."""
    made = Lot(f"o-{number}", UUID(int=number), [Step(at(number), 0, "cause")], PROGRAMME, Expiry(at(400), (at(400),)))
    made.available, made.pending = available, pending
    return made


def test_what_a_used_lot_cannot_give_back_is_taken_from_other_lots_then_owed() -> None:
    used, other = lot(1), lot(2, available=4)

    debt = take_back([used, other], used, 10, Step(at(12), 0, "refund"), 0)

    assert (debt, other.available) == (6, 0)
    assert used.entries == {("reverse", "debt", "refund"): (-6, at(12))}
    assert other.entries == {("reverse", "available", "refund"): (-4, at(12))}


def test_new_points_repay_a_debt_when_they_become_usable() -> None:
    new = lot(3, pending=15)

    assert activate(new, "hold", at(20), debt=10) == 0
    assert new.available == 5
