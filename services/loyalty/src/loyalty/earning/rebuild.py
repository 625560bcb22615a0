"""The facts of orders, and of what was brought along, from ``ingest.events``, restored without posting anything."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.restore import restore_news
from loyalty.earning.apply import facts_of, news_of_customers, zones_of_visits
from mandegar.customers.moved_orders import moves_that_stay
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.service.rebuild_plan import Rebuild
from mandegar.stream import Heed


async def restore_facts(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store facts, and make the customers due: they are settled at the end of the rebuild."""
    stays, zones = await moves_that_stay(connection, events), await zones_of_visits(connection, events)
    news = news_of_customers(events, None, stays, zones)
    await restore_news(connection, news, now)
    return ()


def rebuild(heed: Heed) -> Rebuild:
    """How earning is rebuilt; of acts, from those that ``heed`` returns."""
    return Rebuild(reads=(facts_of(restore_facts, heed),))
