"""Queries the services through their public routes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mandegar_local.demo.demo_stack import DemoStack
from mandegar_local.demo.retrying_client import RetryingClient

Answer = dict[str, Any]
_AT_ONCE = 12
_PAGE = 200
_LEDGER_PAGE = 500


@dataclass(frozen=True, slots=True)
class ServiceClient:
    """Queries to the services of one stack."""

    stack: DemoStack
    http: RetryingClient

    def url(self, service: str, path: str) -> str:
        """The address of a route."""
        return f"{self.stack.services[service]}{path}"

    async def stream(self, service: str) -> Answer:
        """The events that a service has applied, and its lag."""
        answer: Answer = await self.http.get_json_as(self.stack.operator_token, self.url(service, "/v1/stream"))
        return answer

    async def balance(self, customer_id: str) -> Answer:
        """A customer's points."""
        answer: Answer = await self.http.get_json(self.url("loyalty", f"/v1/customers/{customer_id}/balance"))
        return answer

    async def ledger(self, customer_id: str) -> list[Answer]:
        """Every entry of a customer's ledger."""
        entries: list[Answer] = []
        page: dict[str, int] = {"limit": _LEDGER_PAGE}
        while True:
            url = self.url("loyalty", f"/v1/customers/{customer_id}/ledger")
            answer = await self.http.get_json(url, **page)
            entries += answer["entries"]
            if answer["next_before"] is None:
                return entries
            page["before"] = answer["next_before"]

    async def risk(self, customer_id: str, at: datetime) -> Answer:
        """A customer's risk at an instant."""
        url = self.url("churn", f"/v1/customers/{customer_id}/risk")
        answer: Answer = await self.http.get_json(url, at=at.isoformat())
        return answer

    async def bands(self) -> Answer:
        """The number of customers in each band, and the newest model version."""
        answer: Answer = await self.http.get_json(self.url("churn", "/v1/bands"))
        return answer

    async def kpis(self) -> Answer:
        """The figures of the shop by month, the present one last."""
        answer: Answer = await self.http.get_json(self.url("churn", "/v1/kpis"))
        return answer

    async def segments(self) -> list[Answer]:
        """All segments of the shop, with the number of customers in each."""
        answer = await self.http.get_json(self.url("churn", "/v1/segments"))
        segments: list[Answer] = answer["segments"]
        return segments

    async def most_at_risk(self, limit: int) -> list[Answer]:
        """At-risk customers, most value at risk first."""
        url = self.url("churn", "/v1/customers")
        answer = await self.http.get_json(url, band="at_risk", sort="value_at_risk", limit=limit)
        customers: list[Answer] = answer["customers"]
        return customers

    async def timeline(self, customer_id: str, limit: int) -> Answer:
        """The newest entries of a customer's history."""
        url = self.url("churn", f"/v1/customers/{customer_id}/timeline")
        answer: Answer = await self.http.get_json(url, limit=limit)
        return answer

    async def model_versions(self, bands: Sequence[str]) -> dict[str, int]:
        """The model version of the score of each customer in `bands`, by customer id."""
        versions: dict[str, int] = {}
        for band in bands:
            page: dict[str, str | int] = {"band": band, "limit": _PAGE}
            while True:
                answer = await self.http.get_json(self.url("churn", "/v1/customers"), **page)
                versions |= {each["customer_id"]: each["model_version"] for each in answer["customers"]}
                if answer["next_cursor"] is None:
                    break
                page["cursor"] = answer["next_cursor"]
        return versions

    async def messages(self) -> Answer:
        """The number of messages by journey, channel and state."""
        answer: Answer = await self.http.get_json(self.url("notify", "/v1/messages/summary"))
        return answer

    async def delivered(self, sink: str) -> int:
        """The number of messages that the mailbox or the SMS outbox has stored."""
        answer = await self.http.request("GET", f"{sink}/messages", params={"limit": 1})
        return int(answer.headers["X-Total-Count"])


async def for_each_customer(
    customer_ids: Sequence[str], question: Callable[[str], Awaitable[Any]], advance: Callable[[int], None]
) -> dict[str, Any]:
    """The answer of `question` for every customer, with twelve queries at a time."""
    waiting, answers = iter(customer_ids), {}

    async def query_in_turn() -> None:
        for customer_id in waiting:
            answers[customer_id] = await question(customer_id)
            advance(1)

    await asyncio.gather(*(query_in_turn() for _ in range(_AT_ONCE)))
    return {customer_id: answers[customer_id] for customer_id in customer_ids}
