"""Segments of a churn service in this process: opened, stored, and brought over its customers without waiting."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from churn.segments.bring_over import bring_over
from harness.churn_service import Churn
from mandegar.database import transaction
from mandegar.events import Event

TYPES = {"segment.entered", "segment.left"}


async def brought_over(churn: Churn) -> list[Event]:
    """Customers are under the segments of their shops; what was published because of it."""
    while await _behind(churn):
        task = asyncio.create_task(bring_over(churn.context))
        while not task.done():
            while await churn.timer().settle_due():
                await churn.beside().drain(churn.database.worker)
            await asyncio.sleep(0.01)
        task.result()
        # Nobody writes in this process meanwhile, so that nobody has to wait for them.
        async with transaction(churn.database.worker) as connection:
            await connection.execute("UPDATE segment_shops SET changed_at = changed_at - interval '1 minute'")
    return await churn.news()


async def _behind(churn: Churn) -> bool:
    async with transaction(churn.database.worker) as connection:
        return bool(
            await connection.fetchval(
                """
                SELECT EXISTS (SELECT FROM shops LEFT JOIN segment_shops g USING (shop)
                    WHERE g.shop IS NULL OR g.brought_generation < g.generation OR g.lines_at IS NULL)
                """
            )
        )


async def put(churn: Churn, name: str, customers: str, *, publish: bool = True, announce: bool = False) -> Any:
    """Store a segment; its condition is YAML in one line."""
    document = f"version: 1\npublish: {str(publish).lower()}\ncustomers: {customers}\n"
    headers = {"Content-Type": "application/yaml"}
    answer = await churn.ask(
        "PUT", f"/v1/segments/{name}", "journeys:write", content=document, headers=headers,
        params={"announce": "true"} if announce else None,
    )  # fmt: skip
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def segments_of(churn: Churn, customer: str = "c") -> dict[str, str]:
    """The segments of a customer, each with the instant since when."""
    answer = await churn.get(f"/v1/customers/{customer}/segments")
    assert answer.status_code == 200, answer.text
    return {each["segment"]: each["since"] for each in answer.json()["segments"]}


async def sizes(churn: Churn) -> dict[str, int]:
    """The number of customers in each segment that has any."""
    answer = await churn.get("/v1/segments")
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["customers"] for each in answer.json()["segments"] if each["customers"]}


def told(events: Iterable[Event]) -> list[tuple[str, str, datetime]]:
    """What was published about segments: entered or left, the segment, and the instant."""
    return [
        (event.type.removeprefix("segment."), event.data.segment, event.time) for event in events if event.type in TYPES
    ]
