"""What tests ask of redemptions."""

import asyncio
from itertools import count
from typing import Any

from harness.in_process import InProcess

_numbers = count()


async def reserve(
    loyalty: InProcess, points: int | None, customer: str = "c", *, key: str | None = None, **more: Any
) -> Any:
    """The answer to a reservation, under a key of its own unless one is given."""
    headers = {"Idempotency-Key": (f"key-{next(_numbers)}" if key is None else key).encode("latin-1")}
    path, body = f"/v1/customers/{customer}/redemptions", {"points": points, **more}
    return await loyalty.ask("POST", path, "points:spend", json=body, headers=headers)


async def reserve_until_answered(loyalty: InProcess, points: int, key: str) -> Any:
    """The answer to a reservation, which is repeated under its key as long as the service is too busy for it."""
    while (answer := await reserve(loyalty, points, key=key)).status_code == 503:
        await asyncio.sleep(0.1)
    return answer


async def end(loyalty: InProcess, redemption: Any, verb: str, customer: str = "c") -> Any:
    """The answer to a confirmation or cancellation of what a reservation answered."""
    path = f"/v1/customers/{customer}/redemptions/{redemption.json()['redemption_id']}/{verb}"
    return await loyalty.ask("POST", path, "points:spend")


async def give_back(
    loyalty: InProcess, redemption: Any, reference: str, points: int | None = None, customer: str = "c"
) -> Any:
    """The answer to a return of spent points."""
    path = f"/v1/customers/{customer}/redemptions/{redemption.json()['redemption_id']}/return"
    return await loyalty.ask("POST", path, "points:spend", json={"reference": reference, "points": points})


async def read(loyalty: InProcess, redemption: Any, customer: str = "c") -> dict[str, Any]:
    """The redemption as it is."""
    answer = await loyalty.get(f"/v1/customers/{customer}/redemptions/{redemption.json()['redemption_id']}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
