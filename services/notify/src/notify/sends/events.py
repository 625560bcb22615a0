"""The events that tell what became of a send."""

from collections.abc import Iterable
from datetime import datetime

from mandegar.database import Row
from mandegar.events import Event, derived_id
from mandegar.events.effects import MessageDecided

SERVICE = "notify"
_TYPES = {
    "sent": "message.sent",
    "refused": "message.refused",
    "unknown": "message.unknown",
    "withheld": "message.withheld",
}


def decided_events(rows: Iterable[Row], now: datetime, *, backfill: bool = False) -> list[Event]:
    """One event per send that reached a state others care about; what merely waits has none."""
    return [_event(row, now, backfill) for row in rows if row["state"] in _TYPES]


def _event(row: Row, now: datetime, backfill: bool) -> Event:
    type_ = _TYPES[row["state"]]
    return Event(
        id=derived_id(SERVICE, f"{row['send_id']}|{row['attempt']}", type_),
        source=f"urn:mandegar:service:{SERVICE}",
        type=type_,
        time=now,
        shop=row["shop"],
        recorded_time=now,
        data=MessageDecided(
            message_id=row["send_id"],
            journey=row["journey"],
            channel=row["channel"],
            template=row["template"],
            locale=row["locale"] or "",
            reason=row["reason"],
        ),
        customer_id=row["customer_id"],
        hops=row["hops"] + 1,
        causation_id=row["cause_id"],
        correlation_id=row["correlation_id"],
        backfill=backfill,
    )
