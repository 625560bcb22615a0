"""Events as shops send them of people who have several ids."""

from typing import Any

from mandegar.events.identity import guest_id

SHOP = "atlas"
MAIL = "sara@example.com"


def viewed(id_: str, customer: Any, minute: int = 0, **more: Any) -> dict[str, Any]:
    time = f"2026-11-22T10:{minute:02}:00Z"
    return {"id": id_, "type": "product.viewed", "time": time, "customer": customer, "data": {}, **more}


def identified(id_: str, customer: Any, minute: int = 0, **data: Any) -> dict[str, Any]:
    return {**viewed(id_, customer, minute), "type": "customer.identified", "data": data}


def paid(order: str, customer: Any, minute: int = 0) -> dict[str, Any]:
    data = {"order_id": order, "currency": "IRR", "total": 100}
    return {**viewed(f"{order}-paid", customer, minute), "type": "order.paid", "data": data}


def guest(key: bytes, address: str = MAIL) -> str:
    """The id of the guest who has an address in the shop of the tests."""
    return guest_id(address, shop=SHOP, key=key)
