"""A rest of credit below the smallest coin: no answer offers it to a customer, and staff takes it with all the rest."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from builders.accounts import at, programme
from harness.in_process import SHOP
from loyalty.adjustments.adjust import Adjust
from loyalty.adjustments.rules import Person
from loyalty.domain.purse import Part, Purse
from loyalty.domain.units import key_of_credit
from loyalty.redemptions.part_payment import Invoice
from loyalty.redemptions.pay_credit import refused_credit, too_much_credit
from loyalty.till.command import Key
from mandegar.database import Act
from mandegar.events import CustomerKey
from mandegar.quantities import from_us

INVOICE = Invoice("o", 1000 * 10**9, "IRR", [], 3, 0)


def purse_with(credit: int) -> Purse:
    purse = Purse(at(), (), available=0, held=0, debt=0)
    purse.programme = programme()
    part = Part(key_of_credit("o"), UUID(int=1), credit, at(), None)
    purse.credit = Purse(at(), [part], available=credit, held=0, debt=0)
    return purse


def test_what_a_refusal_offers_is_not_refused():
    purse = purse_with(5_000_500)
    too_large = refused_credit(1_000_000, INVOICE, purse, 1_500_000_000)  # points pay 1.5 of the 1000
    assert too_large is not None
    assert too_large.body["at_most"] == "998"
    assert refused_credit(998_000, INVOICE, purse, 1_500_000_000) is None
    too_few = refused_credit(6_000_000, None, purse, 0)
    assert too_few is not None
    assert [too_few.body[name] for name in ("available", "missing")] == ["5000", "1000"]
    assert refused_credit(5_000_000, None, purse, 0) is None
    assert too_much_credit(1_999, purse).body["at_most"] == "1"


@pytest.mark.parametrize(("taken", "status"), [(-5_000_500, 201), (-500, 422), (5_000_500, 422), (-5_000_501, 422)])
def test_staff_takes_all_that_is_there_to_the_last_thousandth(taken, status):
    when = from_us(at())
    take = Adjust(
        named=CustomerKey(SHOP, "c"), act=Act(SHOP, "key", None, "", ""), key=Key("r", "k", ""), points=0, credit=taken,
        reason="r", note="n", expires_in_days=None, allow_debt=False, asked_at=when,
        author=Person("key", "anna", "anna"),
    )  # fmt: skip
    take.customer, take.rules = take.named, SimpleNamespace(programmes=[programme()])  # type: ignore[assignment]
    assert take.decide(purse_with(5_000_500)).status == status
