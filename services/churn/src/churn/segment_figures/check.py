"""Checks that snapshots of the figures by segment are what their members count for."""

from typing import Final

from churn.domain.segment_sums import SegmentSums
from churn.segment_figures.rows import page, shops_with_snapshots, stored_parts
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.service.settings import ServiceSettings

A_SNAPSHOT_IS_ITS_MEMBERS: Final = "the figures by segment are the sum of what the members of each segment count for"
# Few enough for the time that a session may rest in a transaction.
_PAGE_CUSTOMERS: Final = 1_000


async def wrong_segment_figures(connection: Connection, _: ServiceSettings) -> list[Violation]:
    """Segments whose members and their orders are those of the snapshot, and whose sums are not. Of all others a
    snapshot tells what was, which cannot be computed again.
    """
    violations: list[Violation] = []
    for shop in await shops_with_snapshots(connection):
        stored = await stored_parts(connection, shop)
        sums, after = SegmentSums(stored), ""
        while members := await page(connection, shop, after, _PAGE_CUSTOMERS):
            sums.add(members)
            after = members[-1].customer_id
        for name, part in sorted(stored.items()):
            now = sums.by_name[name]
            if part.fingerprint == now.fingerprint and (part.members, part.counts) != (now.members, now.counts):
                violations.append(Violation(A_SNAPSHOT_IS_ITS_MEMBERS, f"{shop}:{name}"))
    return violations
