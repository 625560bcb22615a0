"""What a shop posts to the door, as the manual shows it."""

from typing import Any


def order_body(data: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A paid order; ``data`` and other fields may be replaced."""
    return {
        "id": "o-1001-paid",
        "type": "order.paid",
        "time": "2026-11-22T10:00:00Z",
        "customer": {"id": "c-42"},
        "data": {"order_id": "o-1001", "currency": "IRR", "total": "12500000", **(data or {})},
        **fields,
    }


def refund_body(data: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A refund that names no customer."""
    body = {"refund_id": "r-1", "order_id": "o-1001", "currency": "IRR", "amount": "500000", **(data or {})}
    return {"id": "r-1", "type": "refund.issued", "time": "2026-11-22T11:00:00Z", "data": body, **fields}
