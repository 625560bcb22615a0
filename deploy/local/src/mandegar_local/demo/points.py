"""Every balance beside the ledger it stands on, as loyalty tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mandegar_local.demo.asking import Answer, Asking, ask_each
from mandegar_local.demo.progress import Step

BUCKETS = ("available", "pending", "debt", "lifetime")
_ASK_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Points:
    """The balance of every customer, and those whose balance is not the sum of their ledger."""

    balances: Mapping[str, Answer]
    entries: int
    wrong: Sequence[str]

    def total(self, bucket: str) -> int:
        """The sum of one bucket over all customers."""
        return sum(balance[bucket] for balance in self.balances.values())

    @property
    def given(self) -> int:
        """Points ever earned, less those taken back."""
        return self.total("lifetime")

    @property
    def outstanding(self) -> int:
        """Points that customers have or will have once their hold ends."""
        return self.total("available") + self.total("pending") + self.total("held")


def sums_of(ledger: Sequence[Answer]) -> dict[str, int]:
    """What a ledger adds up to. Entries are signed; `reverse` says in its bucket where it takes from."""
    sums = dict.fromkeys(BUCKETS, 0)
    for entry in ledger:
        kind, points = entry["kind"], entry["points"]
        if kind in {"earn", "reverse"}:
            sums["lifetime"] += points
        if kind == "earn":
            sums["pending"] += points
        elif kind == "activate":
            sums["pending"] -= points
            sums["available"] += points
        elif kind == "expire":
            sums["available"] += points
        elif kind == "repay":
            sums["available"] += points
            sums["debt"] += points
        elif kind == "reverse":
            sums[entry["bucket"]] += -points if entry["bucket"] == "debt" else points
    return sums


async def read_points(asking: Asking, customer_ids: Sequence[str], step: Step) -> Points:
    """Ask for every balance and its ledger."""

    async def both(customer_id: str) -> tuple[Answer, int, bool]:
        for _ in range(_ASK_AGAIN):  # a hold may end between the two questions
            balance, ledger = await asking.balance(customer_id), await asking.ledger(customer_id)
            sums = sums_of(ledger)
            if all(balance[bucket] == sums[bucket] for bucket in BUCKETS):
                return balance, len(ledger), True
        return balance, len(ledger), False

    answers: dict[str, Any] = await ask_each(customer_ids, both, step.advance)
    return Points(
        balances={customer_id: answer[0] for customer_id, answer in answers.items()},
        entries=sum(answer[1] for answer in answers.values()),
        wrong=[customer_id for customer_id, answer in answers.items() if not answer[2]],
    )
