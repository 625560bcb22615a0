"""The ledger rows of one settling: what each entry is about, and the rules by whose points it changes an order."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from msgspec.structs import asdict

from loyalty.account.ledger_rows import LedgerRow, TakenRow
from loyalty.domain.account import Account, Order
from loyalty.domain.acts import ActLot
from loyalty.domain.attained import AttainedLot, attained_of
from loyalty.domain.ids import entry_id
from loyalty.domain.lots import EARN, REVERSE, Lot
from loyalty.domain.posting import Entry
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.referral_rules import REFERRAL
from loyalty.domain.settled import Settled
from loyalty.domain.units import is_credit, key_of_credit, kind_of, without_unit
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us

# A batch has the same last days many times.
_date = lru_cache(maxsize=4096)(date.fromordinal)


def entries_of(
    customer: CustomerKey, account: Account, settled: Settled, trigger: Event | None, now: datetime
) -> list[tuple[LedgerRow, Lot | None]]:
    """The ledger rows of one settling, each with its lot."""
    posting = []
    causing = _causing_orders(account.orders, settled)
    for entry in settled.entries:
        account.version += 1
        order, lot = account.orders[entry.order_id], settled.lots.get(entry.order_id)
        kind, bucket, cause = entry.key
        about = _about(entry, order, causing)
        row = LedgerRow(
            entry_id(order.lot_id, entry.key, entry.nth),
            customer.shop,
            customer.customer_id,
            account.version,
            order.lot_id,
            about,
            kind_of(entry.order_id, kind),
            bucket,
            entry.points,
            cause or None,
            None if trigger is None else trigger.id,
            None if lot is None else lot.programme.version,
            from_us(entry.at),
            now,
            _rules(lot, kind, cause),
            _date(entry.last_day) if entry.last_day else None,
        )
        if order.earned_as is not None:
            row = TakenRow(**asdict(row), earned_as=order.earned_as)
        posting.append((row, lot))
    return posting


def _about(entry: Entry, order: Order, causing: Mapping[tuple[str, str], str]) -> str:
    """The order that an entry is about: that of its lot, or another that was reduced. A correction is about the same.

    A completion forgets by what it was lost when it turns out that there never was one.
    """
    posted = order.posted[entry.key]
    if posted.reduced or (entry.nth and attained_of(order.order_id) is not None):
        return posted.reduced or order.order_id
    about = causing.get((order.order_id, entry.key[2]), order.order_id)
    if about != order.order_id:
        order.posted[entry.key] = posted._replace(reduced=about)
    return about


def _rules(lot: Lot | None, kind: str, cause: str) -> list[str] | None:
    """The rules by whose points an entry changes an order or act."""
    if isinstance(lot, AttainedLot) and kind in (EARN, REVERSE):
        return [lot.attained.name]
    if isinstance(lot, ActLot) and lot.rule is not None and kind == EARN:
        return [lot.rule.name]
    if isinstance(lot, ReferralLot) and kind in (EARN, REVERSE):
        return [REFERRAL]
    if lot is None or lot.purchase is None or kind not in (EARN, REVERSE):
        return None
    return lot.purchase.rules.get(cause)


def _causing_orders(orders: Mapping[str, Order], settled: Settled) -> dict[tuple[str, str], str]:
    """The order that was reduced, by the order and the cause of each entry that takes points from another's lot."""
    taken = {(entry.order_id, entry.key[2]) for entry in settled.entries if entry.key[0] == REVERSE}
    turns = {
        step.cause: lot.order_id for lot in settled.lots.values() if isinstance(lot, ReferralLot) for step in lot.steps
    }
    for order_id in {order_id for order_id, _ in taken}:
        own = (orders[order_id], orders.get(without_unit(order_id)))
        taken -= {(order_id, fact.event_id) for order in own if order is not None for fact in order.facts}
    taken -= {(order_id, cause) for cause, order_id in turns.items()}
    if not taken:
        return {}
    causes = {fact.event_id: order.order_id for order in orders.values() for fact in order.facts}
    causes |= turns
    return {
        (order_id, cause): key_of_credit(causes[cause]) if is_credit(order_id) else causes[cause]
        for order_id, cause in taken
        if cause in causes
    }
