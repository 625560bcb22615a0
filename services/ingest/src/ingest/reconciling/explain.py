"""What causes mean, in a sentence for people."""

from types import MappingProxyType

_QUARANTINED = "quarantined_"
_TIMES = "_times_"
WHY = MappingProxyType(
    {
        # missing
        "never_came": "no event of the order was received",
        "history_only": "events of it are in the history only, because their source is not the record of orders",
        "waiting_for_order": "a refund or a cancellation of it waits for the order, which has not come",
        "customer_erased": "the customer was erased, so that nothing of them is stored",
        "other_currency": "the file states another currency than that of the shop; amounts were not compared",
        # differs
        "amount": "the amounts differ",
        "rounding": "the amounts differ by less than 1",
        "refunds": "the amounts that were refunded differ",
        "file_after_refunds": "the file's amount is that after refunds: reconcile with amount_is net",
        "file_before_refunds": "the file's amount is that before refunds: reconcile with amount_is total",
        "cancelled_here": "it is cancelled or refunded here, so that it counts as nothing",
        "ended_in_file": "the file says that it was cancelled or refunded, and here it stands",
        "older_here": "the newest version here is older than the file's: a change has not come",
        "newer_here": "the version here is newer than the file's",
        # matched, without amounts or after all
        "erased": "it came, and its content was erased with the customer; amounts were not compared",
        "body_deleted": "it came, and its content is no longer kept; amounts were not compared",
        "unreadable": "it came, and its content cannot be read under the present settings; amounts were not compared",
        "too_many_events": "it came, and has too many events to be read; amounts were not compared",
        "came_since": "it came after the comparison",
        # extra
        "not_in_file": "it was received, and the file does not have it",
        "refunded_here": "it was refunded in whole, and the file does not have it",
        "unpaid_here": "no payment of it was received, only that it was placed",
        "paid_later": "it was placed in the period and paid after it, and the file does not have it",
        # invalid
        "order_twice": "an earlier line has the same order with another amount or status",
    }
)
LACKS = MappingProxyType(
    {
        "customer": "the line names no customer by whom it could be accepted: column customer_id, email or phone",
        "time": "the line has no time: column paid_at or placed_at",
        "total": "the line has no amount: column total",
        "refund_id": "a part was refunded, and the line does not say under which id: with the column refund_id the "
        "refund does not count again once the shop sends it",
        "other_currency": "its amount is in another currency than that of the shop",
        "customer_erased": "its customer was erased; readmit them first: POST /v1/customers/{customer_id}/readmit",
    }
)


def why(cause: str | None, fault: str | None = None) -> str | None:
    """What a cause means."""
    if fault is not None:
        return fault.partition(": ")[2]
    if cause is None:
        return None
    if cause.startswith(_QUARANTINED):
        code = cause.removeprefix(_QUARANTINED)
        return f"an event of it is in quarantine with the code {code}: GET /v1/quarantine/groups, repair it there"
    if _TIMES in cause:
        whose, _, factor = cause.partition(_TIMES)
        which = "ours is the file's" if whose == "file" else "the file's is ours"
        return f"the amounts differ by a unit: {which} times {factor}"
    return WHY.get(cause, cause)


def lacking(lacks: str | None) -> str | None:
    """What an order lacks to be accepted."""
    if lacks is None:
        return None
    return LACKS.get(lacks, f"it was refused with the code {lacks}")
