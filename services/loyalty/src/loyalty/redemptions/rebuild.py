"""Redemptions, restored from what loyalty has published: their rows, and the facts of the lots that they took from."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from msgspec import structs, to_builtins

from loyalty.account.post import OrdersInNews, settle_and_post
from loyalty.account.restore import restore_facts
from loyalty.domain.money import thousandths
from loyalty.domain.orders import Fact
from loyalty.domain.purse import Part
from loyalty.domain.units import is_credit, key_of_credit
from loyalty.redemptions.come_back import give_back_for
from loyalty.redemptions.rows import (
    RedemptionRow,
    load_redemptions,
    packed_parts,
    packed_returns,
    save_redemptions,
    settled_up_to,
    unpack_returns,
)
from loyalty.redemptions.rules import CANCELLED, CONFIRMED, FACTS, GIVEN_BACK, RESERVED, part_paid_fact
from loyalty.till.erase import restore_redeemed
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.loyalty import RedeemedCredit, RedeemedPoints
from mandegar.quantities import to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_redemptions(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store what each ``redemption.changed`` tells of."""
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    rows = await load_redemptions(connection, {(event.shop, event.data.redemption_id) for event in events})
    for event in events:
        facts[event.customer] += facts_of(event)
        key = event.shop, event.data.redemption_id
        rows[key] = _row_after(rows.get(key), event)
    await save_redemptions(connection, [*rows.values()])
    await restore_facts(connection, facts, now)
    last = {customer: max(event.data.at for event in events if event.customer == customer) for customer in facts}
    await settled_up_to(connection, last)
    return ()


async def settle(keys: Sequence[CustomerKey], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Settle customers whose facts were restored, and give back what the lost database had not yet given back."""
    orders = OrdersInNews([], [], of_all=True)
    outgoing = await settle_and_post(keys, {}, connection, now, orders)
    return [*outgoing, *await give_back_for(orders, connection, now)]


def facts_of(event: Event) -> list[tuple[str, Fact]]:
    """The facts of lots that a ``redemption.changed`` tells of, each with the id under which it is kept."""
    data, event_id = event.data, to_builtins(event.id)
    kind, redemption = FACTS[data.change], str(data.redemption_id)
    ends_at = to_us(data.expires_at) if data.change == RESERVED else 0
    is_return = data.change == GIVEN_BACK
    taken = [(lot.earned_by, lot.points) for lot in (data.given_back if is_return else data.lots)]
    credit = data.credit_given_back if is_return else data.credit_lots
    taken += [(lot.earned_by, thousandths(lot.amount)) for lot in credit]
    facts = [
        (earned_by, Fact(to_us(data.at), event_id, kind, points, ends_at, redemption, data.place))
        for earned_by, points in taken
    ]
    if data.change == CONFIRMED and data.discount is not None and data.order_id is not None:
        paid = data.points if data.paid_points is None else data.paid_points
        facts.append((data.order_id, part_paid_fact(to_us(data.at), data.redemption_id, paid, data.place)))
    return facts


def _row_after(row: RedemptionRow | None, event: Event) -> RedemptionRow:
    """The row after an event; those of aliases and roots come in any order."""
    data = event.data
    if row is None:
        row = RedemptionRow(
            shop=event.shop,
            redemption_id=data.redemption_id,
            customer_id=event.customer.customer_id,
            state=RESERVED,
            points=data.points,
            returned=0,
            lots=packed_parts([*map(_part, data.lots), *map(_part_of_credit, data.credit_lots)]),
            returns="{}",
            reserved_at=data.reserved_at,
            expires_at=data.expires_at,
            order_id=data.order_id,
            reference=data.reference,
            reward=None if data.reward is None else data.reward.reward,
            discount=data.discount,
            currency=data.currency,
            paid_points=data.paid_points,
            credit=None if data.credit is None else thousandths(data.credit),
        )
    if data.change in {CONFIRMED, CANCELLED}:
        row = structs.replace(row, state=data.change, ended_at=data.at)
    if data.change == GIVEN_BACK:
        returns = unpack_returns(row.returns)
        if data.given_back or not data.credit_given_back:
            returns |= {data.return_reference: sum(lot.points for lot in data.given_back)}
        if data.credit_given_back:
            amount = sum(thousandths(lot.amount) for lot in data.credit_given_back)
            returns |= {key_of_credit(data.return_reference): amount}
        points = sum(number for key, number in returns.items() if not is_credit(key))
        row = structs.replace(row, returned=points, returns=packed_returns(returns))
    return row


def _part(lot: RedeemedPoints) -> Part:
    expires_at = None if lot.expires_at is None else to_us(lot.expires_at)
    return Part(lot.earned_by, lot.lot_id, lot.points, to_us(lot.earned_at), expires_at)


def _part_of_credit(lot: RedeemedCredit) -> Part:
    expires_at = None if lot.expires_at is None else to_us(lot.expires_at)
    return Part(lot.earned_by, lot.lot_id, thousandths(lot.amount), to_us(lot.earned_at), expires_at)


REBUILD = Rebuild(
    reads=(on({"redemption.changed"}, restore_redemptions, group=REBUILD_GROUP, of_erased=restore_redeemed),)
)
