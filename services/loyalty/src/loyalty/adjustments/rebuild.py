"""Adjustments, restored from what loyalty has published: their rows without notes, and the facts of lots."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from loyalty.account.restore import restore_facts
from loyalty.adjustments.rows import AdjustmentRow, load_adjustments, save_adjustments
from loyalty.adjustments.rules import APPLIED, REFUSED, WAITING, Taken, facts_of, own_lot
from loyalty.domain.money import thousandths
from loyalty.domain.orders import Fact
from loyalty.till.erase import restore_adjusted
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_adjustments(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store what each ``points.adjusted`` tells of."""
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    rows = await load_adjustments(connection, {(event.shop, event.data.adjustment_id) for event in events})
    for event in events:
        facts[event.customer] += facts_told(event)
        key = event.shop, event.data.adjustment_id
        rows[key] = row_after(rows.get(key), event)
    await save_adjustments(connection, [*rows.values()])
    await restore_facts(connection, facts, now)
    return ()


def facts_told(event: Event) -> list[tuple[str, Fact]]:
    """The facts of lots that a ``points.adjusted`` tells of, each with the id under which it is kept."""
    data = event.data
    if data.state != APPLIED:
        return []
    id_, of_credit = data.adjustment_id, data.credit is not None
    amount, owed = data.points, data.owed
    taken = [Taken(each.earned_by, each.points) for each in data.lots]
    if of_credit:
        amount, owed = thousandths(data.credit), thousandths(data.credit_owed)
        taken = [Taken(each.earned_by, thousandths(each.amount)) for each in data.credit_lots]
    own = own_lot(id_, of_credit=of_credit)
    return [*facts_of(id_, own, amount, to_us(data.at), data.place, data.last_day, taken, owed)]


def row_after(row: AdjustmentRow | None, event: Event) -> AdjustmentRow:
    """The row after an event. Those of aliases and roots come in any order, so that a decision may be read before the
    request: it says nothing of the author, and no request undoes it.
    """
    data = event.data
    # What needs no second person is applied as it is asked for.
    is_decision = data.state == REFUSED or (data.state == APPLIED and data.at != data.asked_at)
    if row is None:
        row = AdjustmentRow(
            shop=event.shop,
            adjustment_id=data.adjustment_id,
            customer_id=event.customer.customer_id,
            state=data.state,
            points=data.points,
            reason=data.reason,
            note="",
            last_day=data.last_day,
            allow_debt=data.allow_debt,
            author_key="",
            author=None,
            asked_at=data.asked_at,
            credit=None if data.credit is None else thousandths(data.credit),
        )
    row = structs.replace(row, customer_id=event.customer.customer_id)
    if data.state != WAITING:
        row.state = data.state
    if is_decision:
        row.decided_key, row.decided_by, row.decided_at = data.key_id, data.subject, data.at
    else:
        row.author_key, row.author = data.key_id, data.subject
    return row


REBUILD = Rebuild(
    reads=(on({"points.adjusted"}, restore_adjustments, group=REBUILD_GROUP, of_erased=restore_adjusted),)
)
