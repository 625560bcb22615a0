"""Events that no shop should send, each with the code that a door must answer."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from faults.plan import Planned

Spoilt = dict[str, Any]
ID_CONFLICT = "id_conflict"


def _paid(name: str, **changes: Any) -> dict[str, Any]:
    data = {"order_id": name, "currency": "IRR", "total": "1000000", **changes.pop("data", {})}
    return {"id": name, "type": "order.paid", "customer": {"id": f"{name}-c"}, "data": data, **changes}


def _dumped(name: str, **changes: Any) -> bytes:
    return orjson.dumps(_paid(name, **changes))


BODIES: dict[str, Callable[[str], bytes]] = {
    "bad_amount": lambda name: _dumped(name, data={"total": "-5"}),
    "invalid_json": lambda name: b'{"id": "' + name.encode() + b'", "type": }',
    "missing_customer": lambda name: _dumped(name, customer=None),
    "bad_customer_id": lambda name: _dumped(name, customer={"id": "a\0b"}),
    "non_finite_number": lambda name: _dumped(name).replace(b'"1000000"', b"NaN"),
    "too_deep": lambda name: _dumped(name).replace(b'"1000000"', b"[" * 60 + b"]" * 60),
    "unknown_type": lambda name: _dumped(name, type="order.teleported"),
    "wrong_currency": lambda name: _dumped(name, data={"currency": "USD"}),
    "bad_time": lambda name: _dumped(name, time="the day before yesterday"),
    "not_an_object": lambda name: orjson.dumps(name),
    "event_too_large": lambda name: _dumped(name, data={"coupons": ["x" * 70_000]}),
}


def spoil(beside: "Planned", name: str, draw: random.Random) -> Spoilt:
    """A bad event that goes beside a good one: one of the above, or another event under the good one's id."""
    code = draw.choice([*BODIES, ID_CONFLICT])
    if code == ID_CONFLICT and beside.valid and beside.type == "order.paid":
        other = orjson.loads(beside.body)
        other["data"]["total"] = "1"
        return {"body": orjson.dumps(other), "expected": code}
    code = "bad_amount" if code == ID_CONFLICT else code
    return {"id": name, "type": "order.paid", "customer": f"{name}-c", "body": BODIES[code](name), "expected": code}
