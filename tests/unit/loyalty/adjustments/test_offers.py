"""What the refusal of an adjustment offers can be asked for."""

from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from builders.accounts import programme
from loyalty.adjustments.apply import apply_to
from loyalty.adjustments.rows import AdjustmentRow
from loyalty.adjustments.rules import APPLIED
from loyalty.domain.purse import LOTS_MAX, Part, Purse
from loyalty.domain.units import key_of_credit
from loyalty.till.command import Answer


def test_credit_in_too_many_lots_is_offered_in_whole_coins():
    lots = [(f"o{number}", uuid5(NAMESPACE_OID, str(number))) for number in range(LOTS_MAX + 1)]
    credit = [Part(key_of_credit(order), lot, 5_700 if order == "o0" else 5_500, 1, None) for order, lot in lots]
    purse = Purse(2, (), available=10, held=0, debt=0)
    purse.programme = programme()
    purse.credit = Purse(2, credit, available=sum(part.points for part in credit), held=0, debt=0)
    row = AdjustmentRow(
        shop="s",
        adjustment_id=UUID(int=1),
        customer_id="c",
        state=APPLIED,
        points=0,
        reason="r",
        note="",
        last_day=None,
        allow_debt=False,
        author_key="key",
        author=None,
        asked_at=datetime(2026, 3, 1, tzinfo=UTC),
        credit=-purse.credit.available,
    )

    answer = apply_to(purse, row)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.body["code"], answer.body["at_most"]) == (409, "too_many_lots", "5500")
