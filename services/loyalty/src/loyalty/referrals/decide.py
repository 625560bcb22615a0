"""The command by which a person approves or rejects a referral."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from loyalty.domain.purse import Purse
from loyalty.domain.referral_facts import FRIEND, decided_fact
from loyalty.domain.referrals import APPROVED, IN_REVIEW, NOT_COUNTED, REJECTED
from loyalty.referrals.events import decided_event, decided_id
from loyalty.referrals.rows import ReferralRow, load_referrals, save_decisions
from loyalty.till.command import Answer, Command, refusal
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.quantities import from_us

UNKNOWN_REFERRAL = refusal(
    404,
    "unknown_referral",
    "No such referral",
    "The shop has no referral with this id, or the customer who was referred was erased",
)

_STATES: dict[str, Literal["waiting", "rejected"]] = {APPROVED: "waiting", REJECTED: "rejected"}


@dataclass(kw_only=True)
class Decide(Command):
    """``decision`` is ``approved`` or ``rejected``, by the key that signed the token and its ``sub``."""

    referral: UUID
    decision: str
    key_id: str
    subject: str | None
    row: ReferralRow | None = field(init=False, default=None)
    place: int | None = field(init=False, default=None)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["Decide"]) -> None:
        """Commands about one referral share its row, which the first of them changes."""
        rows = await load_referrals(connection, {(each.named.shop, each.referral) for each in commands})
        for command in commands:
            command.row, command.place = rows.get((command.named.shop, command.referral)), None

    def decide(self, purse: Purse) -> Answer:
        row = self.row
        if row is None or row.customer_id != self.customer.customer_id:
            return UNKNOWN_REFERRAL
        if row.decision == self.decision:
            return Answer(200, {})
        if row.state == NOT_COUNTED:
            return refusal(
                409, "referral_refused", "The referral does not count", "Its `reasons` say why", reasons=[*row.reasons]
            )
        if self.decision == APPROVED and row.decision is None and row.state != IN_REVIEW:
            return refusal(
                409,
                "referral_not_in_review",
                f"The referral is {row.state}",
                "Only a referral that is in review, or was rejected, can be approved",
                state=row.state,
            )
        row.decision, row.decided_at = self.decision, from_us(purse.at)
        row.decided_key, row.decided_by = self.key_id, self.subject
        self.place = len(purse.facts)
        event_id = str(decided_id(row.referral_id, _STATES[self.decision], row.decided_at))
        approved = self.decision == APPROVED
        purse.add(FRIEND, decided_fact(purse.at, event_id, str(row.referral_id), self.place, approved=approved))
        return Answer(200, {})

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["Decide"]) -> Sequence[Event]:
        made = [(each.row, each.decision, each.place) for each in commands if each.row is not None]
        await save_decisions(connection, [row for row, _, place in made if place is not None])
        return [
            decided_event(row, _STATES[decision], row.decided_at or row.claimed_at, place)
            for row, decision, place in made
            if place is not None
        ]
