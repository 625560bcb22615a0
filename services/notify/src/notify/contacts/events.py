"""The event that a customer changed their consent with notify itself."""

from datetime import datetime

from mandegar.events import CustomerKey, Event, derived_id
from mandegar.events.notify import ConsentChanged
from notify.domain.consent import ChannelName, Statement


def consent_changed(key: CustomerKey, channel: ChannelName, statement: Statement, now: datetime) -> Event:
    """``consent.changed`` for one channel."""
    cause = f"consent|{key.shop}:{key.customer_id}|{channel}|{statement.status}|{statement.at.isoformat()}"
    return Event(
        id=derived_id("notify", cause, "consent.changed"),
        source="urn:mandegar:service:notify",
        type="consent.changed",
        time=now,
        shop=key.shop,
        recorded_time=now,
        data=ConsentChanged(channel=channel, status=statement.status, at=statement.at, method=statement.method),
        customer_id=key.customer_id,
    )
