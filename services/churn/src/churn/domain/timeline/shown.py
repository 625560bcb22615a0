"""What a reader is given of an entry: its fields, and what a customer's own token may see of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from churn.domain.timeline.entry import ORDER, VISIT_DAY, shown_of
from churn.domain.timeline.history import ONCE
from churn.domain.timeline.orders import order_shown
from mandegar.quantities import from_us

# What a customer's own token may ask for. Risk and segments are the shop's view of the customer, visits and tickets
# of another kind of screen.
OWN_KINDS: Final = ("orders", "points", "contracts", "messages")
# What the shop has decided about a referral, or not sent, is not for the customer.
_OWN_HIDDEN: Final = frozenset({"reasons", "reason"})
_OWN_MESSAGES: Final = frozenset({"sent", "sent_elsewhere"})
# Titles are part of the sentence, in its language.
_OF_SENTENCES: Final = frozenset({"titles"})


def fields_of(type_: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an entry, instants as microseconds in those whose names end with ``_us``."""
    if type_ == ORDER:
        return order_shown(data)
    if type_ == VISIT_DAY:
        day = date.fromordinal(data["day"]).isoformat()
        return {
            "day": day,
            "counts": data["counts"],
            "visits": sum(data["counts"].values()),
            "last_us": data["last_us"],
        }
    state, fields = shown_of(type_, data)
    return {"state": state, **fields}


def answered(type_: str, fields: Mapping[str, Any], *, own: bool) -> dict[str, Any]:
    """The fields as an answer has them, instants as such; ``own``: for the customer."""
    left_out = _OF_SENTENCES | ({"state"} if type_ in ONCE else set()) | (_OWN_HIDDEN if own else set())
    answer = {}
    for name, value in fields.items():
        if name not in left_out:
            if name.endswith("_us"):
                answer[name.removesuffix("_us") + "_at"] = from_us(value)
            else:
                answer[name] = value
    return answer


def is_own(type_: str, fields: Mapping[str, Any]) -> bool:
    """Whether a customer's own token may see an entry of ``OWN_KINDS``: messages only if they were sent."""
    return type_ != "message" or fields["state"] in _OWN_MESSAGES
