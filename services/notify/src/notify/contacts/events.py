"""The event that a customer changed their consent with notify itself."""

from datetime import datetime

from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.notify import ConsentChanged
from notify import NAME
from notify.domain.consent import ChannelName, Statement


def consent_changed(key: CustomerKey, channel: ChannelName, statement: Statement, now: datetime) -> Event:
    """``consent.changed`` for one channel."""
    id_from = f"consent|{key.shop}:{key.customer_id}|{channel}|{statement.status}|{statement.at.isoformat()}"
    changed = ConsentChanged(channel=channel, status=statement.status, at=statement.at, method=statement.method)
    return derived_event(NAME, "consent.changed", changed, about=key, cause=Origin(), now=now, id_from=id_from)
