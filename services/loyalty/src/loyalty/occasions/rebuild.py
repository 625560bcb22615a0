"""That the coupons of occasions were issued, restored from what loyalty has published."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from loyalty.account.restore import restore_facts
from loyalty.domain.occasion_coupons import issued_fact
from loyalty.domain.orders import Fact
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_issued(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store the fact that each ``coupon.issued`` of an occasion states."""
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for event in events:
        if (occasion := event.data.occasion) is not None:
            facts[event.customer].append((occasion, issued_fact(to_us(event.data.issued_at), event.data.redemption_id)))
    if facts:
        await restore_facts(connection, facts, now)
    return ()


REBUILD = Rebuild(reads=(on({"coupon.issued"}, restore_issued, group=REBUILD_GROUP),))
