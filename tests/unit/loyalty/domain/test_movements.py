"""Points that were used and must be given back: from other lots, then owed, then repaid."""

from uuid import UUID

from builders.accounts import at, programme
from loyalty.domain.lots import Lot
from loyalty.domain.movements import activate, restate, take_back
from loyalty.domain.opening import BroughtLot
from loyalty.domain.orders import Step
from loyalty.domain.zones import Expiry

PROGRAMME = programme()


def lot(number: int, *, available: int = 0, pending: int = 0) -> Lot:
    """A lot of which this is left."""
    made = Lot(
        f"o-{number}", UUID(int=number), [Step(at(number), 0, "cause")], PROGRAMME, Expiry(at(400), (at(400),), 400)
    )
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


def test_points_that_are_brought_along_repay_a_debt_and_a_correction_below_what_was_used_leaves_one() -> None:
    first, less = Step(at(1), 0, "file"), Step(at(5), 0, "correction")
    brought = BroughtLot("l", UUID(int=1), {first: 40, less: 25}, PROGRAMME, None)

    assert restate([brought], brought, first, 30, 100) == 0
    assert (brought.available, brought.given) == (10, 40)
    assert restate([brought], brought, less, 0, 100) == 5
    assert brought.entries == {
        ("open", "available", "file"): (40, at(1)),
        ("repay", "debt", "file"): (-30, at(1)),
        ("reverse", "available", "correction"): (-10, at(5)),
        ("reverse", "debt", "correction"): (-5, at(5)),
    }


def test_no_more_is_brought_along_than_the_ledger_holds() -> None:
    first = Step(at(1), 0, "file")
    brought = BroughtLot("l", UUID(int=1), {first: 40}, PROGRAMME, None)

    restate([brought], brought, first, 0, 7)

    assert (brought.available, brought.given) == (7, 7)
