"""One redemption takes from so many lots at most; what it says of credit is an amount of money."""

from typing import Any, cast
from uuid import NAMESPACE_OID, uuid5

from loyalty.domain.purse import LOTS_MAX, Part, Purse
from loyalty.domain.units import key_of_credit
from loyalty.redemptions.reserve import Reserve
from loyalty.till.command import Key
from mandegar.events import CustomerKey


def test_credit_in_too_many_lots_is_told_in_money():
    each = [(f"o{number}", uuid5(NAMESPACE_OID, str(number))) for number in range(LOTS_MAX + 1)]
    credit = [Part(key_of_credit(order_id), lot, 5_500, 1, None) for order_id, lot in each]
    purse = Purse(2, (), available=10, held=0, debt=0)
    purse.credit = Purse(2, credit, available=5_500 * len(each), held=0, debt=0)
    key = Key("POST", "digest", "fingerprint")
    command = Reserve(
        named=CustomerKey("s", "c"), act=cast("Any", None), key=key, points=0, lasts=1, credit=purse.credit.available
    )
    command.stored = None

    answer = command.decide(purse)

    assert (answer.status, answer.body["code"], answer.body["at_most"]) == (409, "too_many_lots", "5500")
    assert "points" not in answer.body["title"]
    assert purse.credit.available == 5_500 * len(each)
