"""What a batch of events adds to the histories of customers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from uuid import UUID

from churn.domain.timeline import acts, contracts, published
from churn.domain.timeline.entry import ORDER, VISIT_DAY, Entry, combine_stated
from churn.domain.timeline.orders import combine_orders, entries_of_order
from mandegar.calendar import ShopDays, shop_days
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import ABOUT_ORDERS

TYPES: Final = ABOUT_ORDERS | acts.TYPES | contracts.TYPES | published.TYPES
# Types of entries that one event alone tells of: no other one is looked for.
ONCE: Final = frozenset(
    {"signed_up", "act", "review", "survey", "points", "credit", "points_expiring", "tier", "tier_at_risk", "badge"}
    | {"draw_won", "band", "band_left", "lifecycle", "stage", "segment_entered", "segment_left", "consent"}
    | {contracts.SUBSCRIPTION, contracts.TRIAL}
)

# By customer and id.
Entries = dict[tuple[CustomerKey, UUID], Entry]


def entries_of(events: Iterable[Event], zones: Mapping[str, str]) -> Entries:
    """The entries that events make, one for each thing that they tell of. ``zones`` are those of the shops."""
    entries: Entries = {}
    for event in events:
        days = shop_days(zones.get(event.shop, "UTC"))
        for entry in _made_by(event, days):
            place = entry.customer, entry.entry_id
            entries[place] = combine(entries[place], entry) if place in entries else entry
    return entries


def combine(one: Entry, other: Entry) -> Entry:
    """Both entries of one thing as one, which is dated when the thing began. The order of the two does not matter."""
    if one.type == ORDER:
        return combine_orders(one, other)
    data = (acts.combine_visits if one.type == VISIT_DAY else combine_stated)(one.data, other.data)
    return Entry(one.shop, one.customer_id, one.entry_id, one.kind, min(one.at, other.at), one.type, data)


def _made_by(event: Event, days: ShopDays) -> Iterator[Entry]:
    if event.type in ABOUT_ORDERS:
        return entries_of_order(event)
    if event.type in acts.TYPES:
        return acts.entries_of_act(event, days)
    if event.type in contracts.TYPES:
        return iter((contracts.entry_of_contract(event),))
    return published.entries_published(event)
