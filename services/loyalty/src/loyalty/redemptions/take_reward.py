"""The command that reserves a reward: its price, one of its stock, and a code of its pool. Points may pay a part of an
order beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from loyalty.coupons.rows import assign_pooled
from loyalty.domain.programme import POINTS_MAX
from loyalty.domain.purse import Purse
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.reserve import Reserve
from loyalty.redemptions.rows import save_redemptions
from loyalty.redemptions.rules import RESERVED
from loyalty.rewards.gifts import reward_taken
from loyalty.rewards.offers import Offer, load_offers, reasons_told
from loyalty.rewards.take_rows import TakeRow, save_takes
from loyalty.till.command import Answer, refusal
from loyalty.till.refusals import REUSED
from mandegar.database import WorkerConnection
from mandegar.events import Event

UNKNOWN_REWARD = refusal(
    404, "unknown_reward", "No such reward", "The catalogue in force has no reward of this name: see GET …/rewards"
)


@dataclass(kw_only=True)
class ReserveReward(Reserve):
    """Reserve ``reward`` at its price; what had been reserved until ``asked_at`` is free again."""

    points: int = 0
    reward: str
    asked_at: datetime
    offer: Offer | None = field(init=False, default=None)
    take: TakeRow | None = field(init=False, default=None)
    code: UUID | None = field(init=False, default=None)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["ReserveReward"]) -> None:  # type: ignore[override]
        await super().load(connection, commands)
        wanted = [(command.customer, command.reward) for command in commands if command.stored is None]
        now = max(command.asked_at for command in commands)
        offers = await load_offers(connection, wanted, now) if wanted else {}
        for command in commands:
            command.offer = offers.get((command.customer.shop, command.reward))
            command.take = command.code = None

    @property
    def points_wanted(self) -> int:
        return POINTS_MAX  # the price, which the offer says

    def decide(self, purse: Purse) -> Answer:
        if self.stored is not None:
            if self.stored.reward != self.reward:
                return REUSED
            self.points = self.stored.points  # by its price then
            return super().decide(purse)
        if self.offer is None:
            return UNKNOWN_REWARD
        if reasons := self.offer.reasons(self.customer, purse):
            return refusal(
                409,
                "not_eligible",
                "The customer cannot have this reward now",
                "`reasons` has all that speaks against it, each with what is missing and until when",
                reasons=reasons_told(reasons),
            )
        reward = self.offer.reward
        self.points = self.price = reward.price
        answer = super().decide(purse)
        if answer.refused or self.row is None:
            return answer
        self.row.reward = reward.name
        self.code = self.offer.take(self.customer, purse.at)
        self.take = TakeRow(
            shop=self.row.shop,
            redemption_id=self.redemption,
            customer_id=self.row.customer_id,
            reward=reward.name,
            kind=reward.kind,
            terms=reward.terms,
            coupon=reward.coupon,
            prefix=reward.prefix,
            valid_days=reward.valid_days,
            state=RESERVED,
            taken_at=self.row.reserved_at,
            ends_at=self.row.expires_at,
        )
        return answer._replace(body={**answer.body, "reward": reward.name})

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["ReserveReward"]) -> Sequence[Event]:  # type: ignore[override]
        made = [(each, row, take) for each in commands if (row := each.row) is not None and (take := each.take)]
        await save_redemptions(connection, [row for _, row, _ in made])
        await save_takes(connection, [take for _, _, take in made])
        codes = [(row.shop, each.code, row.redemption_id, row.customer_id) for each, row, _ in made if each.code]
        await assign_pooled(connection, codes)
        return [
            changed_event(row, RESERVED, row.reserved_at, each.place, reward=reward_taken(take, each.code))
            for each, row, take in made
        ]
