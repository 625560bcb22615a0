"""Compares every balance with the sum of its ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mandegar_local.demo.progress import Step
from mandegar_local.demo.service_client import Answer, ServiceClient, for_each_customer

BUCKETS = ("available", "pending", "held", "debt", "lifetime")
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Points:
    """The balances of all customers; `wrong` lists customers whose balance is not the sum of their ledger."""

    balances: Mapping[str, Answer]
    entries: int
    wrong: Sequence[str]

    def total(self, bucket: str) -> int:
        """The sum of one bucket over all customers."""
        return sum(balance[bucket] for balance in self.balances.values())

    @property
    def given(self) -> int:
        """Points earned, minus points reversed."""
        return self.total("lifetime")

    @property
    def outstanding(self) -> int:
        """Points that customers can spend now, or after their hold or reservation ends."""
        return self.total("available") + self.total("pending") + self.total("held")


def sums_of(ledger: Sequence[Answer]) -> dict[str, int]:
    """The buckets that the entries of a ledger add up to. A `reverse` entry names the bucket that it reduces."""
    sums = dict.fromkeys(BUCKETS, 0)
    for entry in ledger:
        kind, points = entry["kind"], entry["points"]
        if kind in {"earn", "open", "reverse"}:
            sums["lifetime"] += points
        if kind == "earn":
            sums["pending"] += points
        elif kind == "activate":
            sums["pending"] -= points
            sums["available"] += points
        elif kind in {"open", "expire"}:
            sums["available"] += points
        elif kind == "repay":
            sums["available"] += points
            sums["debt"] += points
        elif kind == "hold":
            sums["held"] += points
            sums["debt" if entry["bucket"] == "debt" else "available"] += (
                points if entry["bucket"] == "debt" else -points
            )
        elif kind == "release":
            sums["held"] -= points
            sums["available"] += points
        elif kind == "spend":
            sums[entry["bucket"]] += points
        elif kind == "reverse":
            sums[entry["bucket"]] += -points if entry["bucket"] == "debt" else points
    return sums


async def read_points(client: ServiceClient, customer_ids: Sequence[str], step: Step) -> Points:
    """Read the balance and ledger of every customer."""

    async def both(customer_id: str) -> tuple[Answer, int, bool]:
        for _ in range(_ATTEMPTS):  # a hold may end between the two queries
            balance, ledger = await client.balance(customer_id), await client.ledger(customer_id)
            sums = sums_of(ledger)
            if all(balance[bucket] == sums[bucket] for bucket in BUCKETS):
                return balance, len(ledger), True
        return balance, len(ledger), False

    answers: dict[str, Any] = await for_each_customer(customer_ids, both, step.advance)
    return Points(
        balances={customer_id: answer[0] for customer_id, answer in answers.items()},
        entries=sum(answer[1] for answer in answers.values()),
        wrong=[customer_id for customer_id, answer in answers.items() if not answer[2]],
    )
