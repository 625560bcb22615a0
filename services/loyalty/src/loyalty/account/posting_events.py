"""Events about the entries of one settling, of points or of credit."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

from loyalty.account.ledger_rows import LedgerRow
from loyalty.domain.ids import NAME
from loyalty.domain.lots import Lot
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Origin, derived_event

ENTRIES_MAX = 500

Posting: TypeAlias = Sequence[tuple[LedgerRow, Lot | None]]


def posting_events(
    posting: Posting, type_: str, data_of: Callable[[Posting], Struct], customer: CustomerKey, origin: Origin
) -> list[Event]:
    """Events with at most ``ENTRIES_MAX`` entries each; the id of an event is that of its first entry."""
    events = []
    for start in range(0, len(posting), ENTRIES_MAX):
        rows = posting[start : start + ENTRIES_MAX]
        first, last = rows[0][0], rows[-1][0]
        events.append(
            derived_event(
                NAME,
                type_,
                data_of(rows),
                about=customer,
                cause=origin,
                now=first.posted_at,
                id_from=first.entry_id,
                time=last.effective_at,
            )
        )
    return events
