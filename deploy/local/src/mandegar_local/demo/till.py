"""A customer at a till: found by the phone number that they say, they spend points, which are reserved first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mandegar_local.demo.orders import Order
from mandegar_local.demo.people import Person, person
from mandegar_local.demo.service_client import Answer, ServiceClient
from mandegar_local.stack_error import StackError

POINTS = 100
# Points of orders within these ages are usable: the hold of the built-in programme is over, and they last.
_USABLE = (timedelta(days=15), timedelta(days=350))
# The same in every run of a day, so that a repeated run spends nothing again.
_KEY = "demo-till"


@dataclass(frozen=True, slots=True)
class AtTheTill:
    """What a till did, and what loyalty answered; without a redemption the customer had too few points."""

    who: Person
    before: Answer
    refused: Answer | None
    redemption: Answer | None
    after: Answer


def customer_at_the_till(orders: Sequence[Order], origin: datetime) -> Person:
    """The customer who paid most of what earns points that can be used at `origin`."""
    youngest, oldest = _USABLE
    paid: defaultdict[int, int] = defaultdict(int)
    for order in orders:
        if origin - oldest <= order.paid_at <= origin - youngest:
            paid[order.customer] += order.rials
    return person(max(paid, key=lambda number: (paid[number], number)))


async def visit_till(client: ServiceClient, who: Person) -> AtTheTill:
    """Find the customer, reserve points, and confirm."""
    found = await _post(client, "/v1/customers:find", {"phone": who.phone}, {200})
    if found["customers"] != [who.customer_id]:
        raise StackError(f"The till found {found['customers']} by the phone number of {who.customer_id}.")
    path = f"/v1/customers/{who.customer_id}/redemptions"
    before = await client.balance(who.customer_id)
    wanted = {"points": POINTS, "reference": _KEY}
    reserved = await _post(client, path, wanted, {201, 409}, {"Idempotency-Key": _KEY})
    refused, redemption = (None, reserved) if "redemption_id" in reserved else (reserved, None)
    if redemption is not None and redemption["state"] == "reserved":
        redemption = await _post(client, f"{path}/{redemption['redemption_id']}/confirm", None, {200})
    return AtTheTill(who, before, refused, redemption, await client.balance(who.customer_id))


async def _post(
    client: ServiceClient,
    path: str,
    body: Answer | None,
    expected: set[int],
    headers: dict[str, str] | None = None,
) -> Answer:
    url = client.url("loyalty", path)
    return await client.http.call("POST", url, expected=expected, json=body, headers=headers or {})
