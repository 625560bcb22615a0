"""The commands that end a reservation: its points are spent, or free again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from loyalty.account.credit_answers import left_in
from loyalty.domain.coupons import CouponKeys
from loyalty.domain.purse import Purse
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.proportion import return_in_proportion
from loyalty.redemptions.rows import RedemptionRow, load_redemptions, save_redemptions, unpack_parts
from loyalty.redemptions.rules import CONFIRMED, EXPIRED, RESERVED, part_paid_fact, record, state_at
from loyalty.redemptions.schemas import redemption_fields
from loyalty.rewards.gifts import Gift, load_gifts, save_gift
from loyalty.till.command import Answer, Command, refusal
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us

UNKNOWN_REDEMPTION = refusal(
    404, "unknown_redemption", "No such redemption", "The customer has no redemption with this id"
)


@dataclass(kw_only=True)
class Finish(Command):
    """Confirm or cancel a reservation: ``change`` is the state in which it is to end."""

    redemption: UUID
    change: str
    keys: CouponKeys
    gift: Gift | None = field(init=False, default=None)
    row: RedemptionRow | None = field(init=False, default=None)
    place: int | None = field(init=False, default=None)

    @classmethod
    async def load(cls, connection: WorkerConnection, commands: Sequence["Finish"]) -> None:
        """Commands about one redemption share its row, which the first of them changes."""
        rows = await load_redemptions(connection, {(each.named.shop, each.redemption) for each in commands})
        gifts = await load_gifts(connection, {key for key, row in rows.items() if row.reward is not None})
        for command in commands:
            key = command.named.shop, command.redemption
            command.row, command.place, command.gift = rows.get(key), None, gifts.get(key)

    def decide(self, purse: Purse) -> Answer:
        row, now = self.row, from_us(purse.at)
        if row is None or row.customer_id != self.customer.customer_id:
            return UNKNOWN_REDEMPTION
        state = state_at(row.state, row.expires_at, now)
        if state == RESERVED and self.gift is not None and self.gift.take.state == EXPIRED:
            state = EXPIRED  # by another clock, which gave what was reserved to somebody else
        if state == RESERVED:
            parts = unpack_parts(row.lots)
            self.place = len(purse.facts)
            record(purse, row.redemption_id, self.change, parts)
            if self.change == CONFIRMED:
                purse.held -= row.points
                if purse.credit is not None:
                    purse.credit.held -= row.credit or 0
                note_part_paid(purse, row, self.place)
            else:
                purse.give_back(parts)
            row.state, row.ended_at = self.change, now
        elif state != self.change:
            return _ended(state, row)
        coupon = None if self.gift is None or self.change != CONFIRMED else self.gift.coupon(self.keys, now)
        return Answer(200, {**redemption_fields(row, now), **left_in(purse), "coupon": coupon})

    @classmethod
    async def save(cls, connection: WorkerConnection, commands: Sequence["Finish"]) -> Sequence[Event]:
        rows, events = [], []
        for each in commands:
            if each.row is not None and each.place is not None:
                row, at = each.row, each.row.ended_at or each.row.reserved_at
                rows.append(row)
                reward = None if each.gift is None else each.gift.told
                events.append(changed_event(row, each.change, at, each.place, reward=reward))
                if each.gift is not None:
                    events += await save_gift(connection, each.gift, each.change, row.customer_id, each.keys, at)
        await save_redemptions(connection, rows)
        return [*events, *await return_of_reduced(rows, connection)]


def note_part_paid(purse: Purse, row: RedemptionRow, place: int) -> None:
    """Add to the facts of an order, if it is one, that points of a confirmed redemption pay a part of it."""
    if row.discount is not None and row.order_id is not None:
        purse.add(row.order_id, part_paid_fact(purse.at, row.redemption_id, row.of_payment, place))


async def return_of_reduced(rows: Sequence[RedemptionRow], connection: WorkerConnection) -> Sequence[Event]:
    """Give back what is due for orders that were reduced before points of these redemptions paid a part of them."""
    paid = [
        (CustomerKey(row.shop, row.customer_id), row.order_id)
        for row in rows
        if row.state == CONFIRMED and row.discount is not None and row.order_id is not None
    ]
    if not paid:
        return []
    return await return_in_proportion(paid, connection, max([row.ended_at or row.reserved_at for row in rows]))


def _ended(state: str, row: RedemptionRow) -> Answer:
    told: dict[str, Any] = {"state": state, "expires_at": row.expires_at, "ended_at": row.ended_at}
    if state == EXPIRED:
        return refusal(
            409,
            "redemption_expired",
            "The reservation has ended",
            "Its points were free again at `expires_at`: reserve them anew, under another Idempotency-Key",
            **told,
        )
    return refusal(
        409, "redemption_ended", f"The redemption is {state} already", "Nothing ends a redemption twice", **told
    )
