"""What is missing, why that may be, what accepting it lacks, and when a file looks like another shop's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ingest.domain.comparison import ENDS, AmountIs

# Below this share of known orders a file may be another shop's, or name its orders otherwise.
KNOWN_SHARE_MIN = 0.1
FEW_ORDERS = 5
# From this share on of the orders that can be compared, one cause is the file's and not the orders'.
SHARED_SHARE = 0.5
SHARED_MIN = 3
_HERE = frozenset({"history_only", "waiting_for_order"})


class Past(NamedTuple):
    """An event of an order in the history: whether it is a snapshot and published, and the note of its acceptance."""

    is_snapshot: bool
    published: bool
    code: str | None


def why_missing(past: Iterable[Past], *, erased: bool, currency: str | None) -> str:
    """Why an order of the file may be missing, of which no snapshot was published."""
    if erased:
        return "customer_erased"
    codes = {each.code for each in past if not each.published}
    if "history_only" in codes:
        return "history_only"
    if any(not each.is_snapshot for each in past):
        return "waiting_for_order"
    return "other_currency" if currency is not None else "never_came"


def what_lacks(row: Mapping[str, Any], amount_is: AmountIs) -> str | None:
    """What a row lacks to be accepted as an order, None if nothing.

    A part of the money that went back is a refund with an id of its own: under another one it would count twice once
    the shop sends it.
    """
    if row["erased"]:
        return "customer_erased"
    if row["currency"] is not None:
        return "other_currency"
    for field, lacking in (("customer_id", "customer"), ("at", "time"), ("total", "total")):
        if row[field] is None:
            return lacking
    return "refund_id" if refunded_in_part(row, amount_is) and row["refund_id"] is None else None


def refunded_in_part(row: Mapping[str, Any], amount_is: AmountIs) -> bool:
    """Whether a part of the order's money went back, and the order stands."""
    return bool(row["refunded"]) and row["status"] not in ENDS and not refunded_whole(row, amount_is)


def refunded_whole(row: Mapping[str, Any], amount_is: AmountIs) -> bool:
    """Whether all of the order's money went back."""
    if not row["refunded"] or row["total"] is None:
        return False
    return bool(row["total"] == 0 if amount_is == "net" else row["refunded"] >= row["total"])


class Cause(NamedTuple):
    """Rows of one kind and cause."""

    kind: str
    cause: str | None
    orders: int


class Warned(NamedTuple):
    """Why nothing is accepted before somebody confirms it."""

    code: str
    detail: str


def warnings(causes: Sequence[Cause], shifts: Sequence[tuple[int, int]], dated: int) -> list[Warned]:
    """What is wrong with the file as a whole; ``shifts`` are minutes and the rows with them, of ``dated`` rows."""
    found: list[Warned] = []
    kinds = ("matched", "differs", "missing", "accepted")
    orders = sum(each.orders for each in causes if each.kind in kinds)
    known = sum(
        each.orders
        for each in causes
        if each.kind in ("matched", "differs", "accepted") or (each.kind == "missing" and each.cause in _HERE)
    )
    if orders >= FEW_ORDERS and known < orders * KNOWN_SHARE_MIN:
        found.append(
            Warned(
                "few_known",
                f"of {orders:,} orders {known:,} are known here: is this the right shop, and is the order id in the "
                "column that the orders were sent with?",
            )
        )
    compared = sum(each.orders for each in causes if each.kind in ("matched", "differs"))
    for each in causes:
        times = "_times_" in (each.cause or "")
        if times and each.orders >= SHARED_MIN and each.orders >= compared * SHARED_SHARE:
            whose, _, factor = (each.cause or "").partition("_times_")
            which = "ours are" if whose == "file" else "the file's are"
            found.append(
                Warned(
                    "other_unit",
                    f"of {compared:,} orders that are known here {each.orders:,} differ by the factor {factor} "
                    f"({which} larger): state the unit of the file's amounts, such as IRT for Toman",
                )
            )
    for minutes, rows in shifts[:1]:
        if rows >= SHARED_MIN and rows >= dated * SHARED_SHARE:
            found.append(
                Warned(
                    "other_zone",
                    f"of {dated:,} orders that are known here {rows:,} have a time {shift_text(minutes)} ours: state "
                    "the zone of the file's times",
                )
            )
    return found


def shift_text(minutes: int) -> str:
    """A shift of time in words."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{hours}:{rest:02} hours {'ahead of' if minutes > 0 else 'behind'}"
