"""Erases the ledgers of customers: all of it, or all but amounts and instants, for the books of the shop."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from loyalty.account.erase_rows import Pseudonym, delete_entries, leave_amounts, load_long
from mandegar.database import WorkerConnection
from mandegar.stream import Erased, Removed, needs_longer

# More entries of a customer than this are erased by the lane beside.
ENTRIES_MAX = 10_000
WHAT = "entries"
FOR_THE_BOOKS = (
    "Points, kinds and instants stay for the books of the shop, so that its totals per day remain as they were: "
    "without customer, order and event, under a pseudonym that begins with the erasure's id"
)


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Delete the entries of erased customers, or take the person out of those that stay for the books."""
    needs_longer(await load_long(connection, [each.customer for each in erased], ENTRIES_MAX))
    removed: list[Removed] = []
    if gone := [each.customer for each in erased if not each.keep_books]:
        counts = await delete_entries(connection, gone)
        removed += [Removed(key, WHAT, count) for key, count in counts.items()]
    if stay := [pseudonym_of(each) for each in erased if each.keep_books]:
        counts = await leave_amounts(connection, stay)
        removed += [Removed(key, WHAT, 0, count, FOR_THE_BOOKS) for key, count in counts.items()]
    return removed


def pseudonym_of(erased: Erased) -> Pseudonym:
    """A pseudonym of one id of a person: what it ends in is by chance, and tells apart those of the same erasure."""
    pseudonym = f"erased:{erased.erasure_id}:{uuid4().hex[:8]}"
    return Pseudonym(*erased.customer, pseudonym, erased.erasure_id)
