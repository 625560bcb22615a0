"""The event that a customer changed their consent with notify itself."""

from datetime import datetime

from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.notify import ConsentChanged
from notify import NAME
from notify.domain.consent import About, ChannelName


def consent_changed(key: CustomerKey, channel: ChannelName, said: About, now: datetime) -> Event:
    """``consent.changed`` for one channel; the address is named by its pseudonym."""
    word, address_id = said
    id_from = f"consent|{key.shop}:{key.customer_id}|{channel}|{word.status}|{word.at.isoformat()}"
    changed = ConsentChanged(channel=channel, status=word.status, at=word.at, method=word.method, address_id=address_id)
    return derived_event(NAME, "consent.changed", changed, about=key, cause=Origin(), now=now, id_from=id_from)
