"""The commands by which a till redeems in one step: what is reserved is confirmed at once, and uses up the code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from loyalty.account.credit_answers import left_in
from loyalty.domain.coupons import CouponKeys
from loyalty.domain.purse import Purse
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.finish import note_part_paid, return_of_reduced
from loyalty.redemptions.reserve import Reserve
from loyalty.redemptions.rows import save_redemptions
from loyalty.redemptions.rules import CONFIRMED, record
from loyalty.redemptions.schemas import redemption_fields
from loyalty.redemptions.take_reward import ReserveReward
from loyalty.rewards.gifts import load_gifts, save_gift
from loyalty.till.command import Answer, refusal
from loyalty.tills.rows import lock_codes, use_code
from mandegar.database import WorkerConnection
from mandegar.events import Event

CODE_USED = refusal(409, "code_used", "The code was used before", "Ask for a new one")


@dataclass(kw_only=True)
class _AtOnce(Reserve):
    """A reservation that is confirmed in the transaction in which it is made."""

    code_id: UUID
    keys: CouponKeys
    # Of all commands of a transaction: what was redeemed with each code.
    used: dict[UUID, UUID | None] = field(init=False, default_factory=dict)
    confirmed_place: int = field(init=False, default=0)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence[Any]) -> None:
        used = await lock_codes(connection, [(command.named.shop, command.code_id) for command in commands])
        for command in commands:
            command.used = used
        await super().load(connection, commands)

    def decide(self, purse: Purse) -> Answer:
        if self.stored is None and self.used.get(self.code_id) is not None:
            return CODE_USED
        answer = super().decide(purse)
        if answer.refused or self.row is None:
            return answer
        self.used[self.code_id] = self.redemption
        self.confirmed_place = len(purse.facts)
        record(purse, self.redemption, CONFIRMED, self.parts)
        note_part_paid(purse, self.row, self.confirmed_place)
        self.row.state, self.row.ended_at = CONFIRMED, self.row.reserved_at
        return Answer(201, {**redemption_fields(self.row, self.row.reserved_at), **left_in(purse)})

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence[Any]) -> Sequence[Event]:
        events = [*await super().save(connection, commands)]
        gifts = await load_gifts(connection, {(one.row.shop, one.redemption) for one in commands if _reward(one)})
        for one in commands:
            if one.row is None:
                continue
            gift, at = gifts.get((one.row.shop, one.redemption)), one.row.reserved_at
            told = None if gift is None else gift.told
            events.append(changed_event(one.row, CONFIRMED, at, one.confirmed_place, reward=told))
            if gift is not None:
                events += await save_gift(connection, gift, CONFIRMED, one.row.customer_id, one.keys, at)
            await use_code(connection, one.row.shop, one.code_id, one.redemption)
        rows = [one.row for one in commands if one.row is not None]
        await save_redemptions(connection, rows)
        return [*events, *await return_of_reduced(rows, connection)]


def _reward(command: Any) -> bool:
    return command.row is not None and command.row.reward is not None


@dataclass(kw_only=True)
class RedeemPoints(_AtOnce):
    """Spend points, credit, or both at a till."""


@dataclass(kw_only=True)
class RedeemReward(_AtOnce, ReserveReward):
    """Take a reward at a till."""

    points: int = 0
