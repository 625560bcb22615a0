"""What the demo asks the services: only through their routes, as anybody may."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mandegar_local.demo.house import House
from mandegar_local.demo.patience import Patient

Answer = dict[str, Any]
_AT_ONCE = 12
_PAGE = 200
_LEDGER_PAGE = 500


@dataclass(frozen=True, slots=True)
class Asking:
    """Questions to the services of one house."""

    house: House
    patient: Patient

    def url(self, service: str, path: str) -> str:
        """The address of a route."""
        return f"{self.house.services[service]}{path}"

    async def stream(self, service: str) -> Answer:
        """What a service applied since its database was made, and how far behind it is."""
        answer: Answer = await self.patient.read(self.url(service, "/v1/stream"))
        return answer

    async def balance(self, customer_id: str) -> Answer:
        """A customer's points."""
        answer: Answer = await self.patient.read(self.url("loyalty", f"/v1/customers/{customer_id}/balance"))
        return answer

    async def ledger(self, customer_id: str) -> list[Answer]:
        """Every entry of a customer's ledger."""
        entries: list[Answer] = []
        page: dict[str, int] = {"limit": _LEDGER_PAGE}
        while True:
            url = self.url("loyalty", f"/v1/customers/{customer_id}/ledger")
            answer = await self.patient.read(url, **page)
            entries += answer["entries"]
            if answer["next_before"] is None:
                return entries
            page["before"] = answer["next_before"]

    async def risk(self, customer_id: str, at: datetime) -> Answer:
        """A customer's risk at an instant."""
        url = self.url("churn", f"/v1/customers/{customer_id}/risk")
        answer: Answer = await self.patient.read(url, at=at.isoformat())
        return answer

    async def bands(self) -> Answer:
        """How many customers are in each band, and the newest model version."""
        answer: Answer = await self.patient.read(self.url("churn", "/v1/bands"))
        return answer

    async def most_at_risk(self, limit: int) -> list[Answer]:
        """At-risk customers, most value at risk first."""
        url = self.url("churn", "/v1/customers")
        answer = await self.patient.read(url, band="at_risk", sort="value_at_risk", limit=limit)
        customers: list[Answer] = answer["customers"]
        return customers

    async def model_versions(self, bands: Sequence[str]) -> dict[int, int]:
        """How many of the customers in `bands` were computed under which model version."""
        versions: dict[int, int] = {}
        for band in bands:
            page: dict[str, str | int] = {"band": band, "limit": _PAGE}
            while True:
                answer = await self.patient.read(self.url("churn", "/v1/customers"), **page)
                for customer in answer["customers"]:
                    versions[customer["model_version"]] = versions.get(customer["model_version"], 0) + 1
                if answer["next_cursor"] is None:
                    break
                page["cursor"] = answer["next_cursor"]
        return versions

    async def messages(self) -> Answer:
        """What became of every message, summed up."""
        answer: Answer = await self.patient.read(self.url("notify", "/v1/messages/summary"))
        return answer

    async def delivered(self, sink: str) -> int:
        """How many messages a sink has taken."""
        answer = await self.patient.ask("GET", f"{sink}/messages", params={"limit": 1})
        return int(answer.headers["X-Total-Count"])


async def ask_each(
    customer_ids: Sequence[str], question: Callable[[str], Awaitable[Any]], advance: Callable[[int], None]
) -> dict[str, Any]:
    """The answer for every customer, several asked at once."""
    waiting, answers = iter(customer_ids), {}

    async def one_after_the_other() -> None:
        for customer_id in waiting:
            answers[customer_id] = await question(customer_id)
            advance(1)

    await asyncio.gather(*(one_after_the_other() for _ in range(_AT_ONCE)))
    return {customer_id: answers[customer_id] for customer_id in customer_ids}
