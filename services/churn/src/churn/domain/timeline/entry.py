"""An entry of a customer's history. What several events tell of one thing is one entry, in any order of arrival."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import dumps
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from mandegar.events import CustomerKey
from mandegar.events.envelope import named_id
from mandegar.quantities import to_us

# How kinds are stored. Entries of the first two are kept and not shown: of an order that no snapshot has told of yet,
# and of one that turned out to be another customer's.
MOVED: Final = -1
WAITING: Final = 0
ORDERS: Final = 1
VISITS: Final = 2
REVIEWS: Final = 3
SURVEYS: Final = 4
TICKETS: Final = 5
POINTS: Final = 6
RISK: Final = 7
MESSAGES: Final = 8
# Consents are listed with messages, and stored apart because the card asks for them.
CONSENTS: Final = 9
CONTRACTS: Final = 10
# What a reader may ask for.
KINDS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "orders": (ORDERS,),
        "visits": (VISITS,),
        "reviews": (REVIEWS,),
        "surveys": (SURVEYS,),
        "tickets": (TICKETS,),
        "points": (POINTS,),
        "risk": (RISK,),
        "contracts": (CONTRACTS,),
        "messages": (MESSAGES, CONSENTS),
    }
)
KIND_NAMES: Final[Mapping[int, str]] = MappingProxyType({code: name for name, codes in KINDS.items() for code in codes})

ORDER: Final = "order"
VISIT_DAY: Final = "visits"

_SEPARATOR: Final = "\x1f"


@dataclass(slots=True)
class Entry:
    """A row of ``timeline_entries``: what is known of one thing in the history of a customer.

    ``at`` is when it began, so that an entry keeps its place when more becomes known of it. ``data`` depends on
    ``type``: of an order see ``orders``, of a day with visits see ``visits``; of everything else it has what the latest
    event of each state told, by the name of the state (``stated``).
    """

    shop: str
    customer_id: str
    entry_id: UUID
    kind: int
    at: datetime
    type: str
    data: dict[str, Any]

    @property
    def customer(self) -> CustomerKey:
        """The key of the customer."""
        return CustomerKey(self.shop, self.customer_id)


def entry_id(shop: str, what: str, *names: str) -> UUID:
    """The id of the entry of a thing that several events tell of; the same under every id of a customer."""
    return named_id(_SEPARATOR.join(("timeline", shop, what, *names)))


def stated(state: str, at: datetime, fields: Mapping[str, Any], rank: Sequence[int] = ()) -> dict[str, Any]:
    """The data of an entry of which one event is known: it is in ``state`` since ``at``, with ``fields``.

    Of two events about one state that of the higher ``rank`` stands, at one rank the later; without ranks the later.
    Fields without a value are left out.
    """
    data = {name: value for name, value in fields.items() if value is not None}
    data["us"] = to_us(at)
    if rank:
        data["rank"] = [*rank]
    return {state: data}


def combine_stated(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both data of an entry as one: of each state what stands."""
    combined = dict(one)
    for state, told in other.items():
        before = combined.get(state)
        combined[state] = told if before is None or _order(told) > _order(before) else before
    return combined


# Of these, each event tells something that the others do not.
_TOLD_TOGETHER: Final = frozenset({"ticket", "promise", "coupon", "challenge"})


def shown_of(type_: str, data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The state that an entry is in, and its fields: those of the latest event, or of all where they tell it together.

    Where an entry has several states, ``<state>_us`` says of each since when it is.
    """
    states = sorted(data, key=lambda state: (_order(data[state]), state))
    fields: dict[str, Any] = {}
    for state in states if type_ in _TOLD_TOGETHER else states[-1:]:
        fields |= data[state]
    for name in ("us", "rank"):
        fields.pop(name, None)
    if len(states) > 1:
        fields |= {f"{state}_us": data[state]["us"] for state in states}
    return states[-1], fields


def _order(told: Mapping[str, Any]) -> tuple[list[int], int, str]:
    return told.get("rank", []), told["us"], dumps(told, sort_keys=True)
