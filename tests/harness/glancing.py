"""Facts that a card shows at a glance, and telling them to the groups of churn that keep them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from builders.events import NOON, event
from harness.churn_service import Churn
from mandegar.events import Event
from mandegar.events.ingest import Item, OrderSnapshot, SurveyResponded, TicketChanged
from mandegar.events.notify import ConsentChanged
from mandegar.events.registry import topic_of

TIMELINE = 2


async def tell(churn: Churn, *events: Event) -> None:
    """To the main group what is of the shop, and everything to that of histories."""
    of_shop = [item for item in events if topic_of(item.type) == "ingest.events"]
    if of_shop:
        await churn.deliver(*of_shop)
    for topic in dict.fromkeys(topic_of(item.type) for item in events):
        some = [item for item in events if topic_of(item.type) == topic]
        assert await churn.deliver(*some, topic=topic, subscription=TIMELINE) == []


def bought(order_id: str, days: float, **categories: int) -> Event:
    items = tuple(
        Item(product_id=f"p-{name}", quantity=Decimal(quantity), category=name) for name, quantity in categories.items()
    )
    data = OrderSnapshot(order_id=order_id, currency="IRR", total=Decimal(100), version=1, items=items)
    return event("order.paid", data, name=f"{order_id}-paid", days=days)


def ticket(id_: str, kind: str, days: float) -> Event:
    data = TicketChanged(ticket_id=id_, category="delivery" if kind == "opened" else None)
    return event(f"ticket.{kind}", data, name=f"{id_}-{kind}", days=days)


def answered(kind: Any, score: float, days: float, **more: Any) -> Event:
    data = SurveyResponded(survey_id="s", kind=kind, score=score)
    return event("survey.responded", data, name=f"{kind}-{days}", days=days, **more)


def consent(channel: Any, status: Any, days: float) -> Event:
    data = ConsentChanged(channel=channel, status=status, at=NOON + timedelta(days=days), method="preferences")
    return event("consent.changed", data, name=f"{channel}-{days}", days=days)
