"""Checks that the figures by dimension are those of the customers: what each counts for, and the sums of it."""

from typing import Final

from churn.dimensions.rows import page, turnovers
from churn.domain.dimensions import counts_by_part
from churn.domain.turnover import spans_in
from churn.kpis.part_rows import ShopPartCounts, parts_of_shop, shops_with_parts
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.events import CustomerKey
from mandegar.service.settings import ServiceSettings

A_PART_HAS_THE_TURNOVER: Final = "what a customer counts for by dimension is what they count for in all"
PARTS_ARE_THE_SUM: Final = "the figures by dimension are the sum of what the customers of each part count for"
# Few enough for the time that a session may rest in a transaction.
_PAGE_CUSTOMERS: Final = 1_000


async def wrong_parts(connection: Connection, _: ServiceSettings) -> list[Violation]:
    """Customers who count for another turnover than theirs, and shops whose sums are not those of their customers."""
    violations: list[Violation] = []
    after, sums = CustomerKey("", ""), ShopPartCounts()
    while states := await page(connection, after, _PAGE_CUSTOMERS):
        after = max(states)
        written = await turnovers(connection, states)
        for key, state in states.items():
            sums.add(key.shop, counts_by_part(state.origin, state.turnover))
            if spans_in(written.get(key, b"")) != state.spans:
                violations.append(Violation(A_PART_HAS_THE_TURNOVER, f"{key.shop}:{key.customer_id}"))
    shops = sorted({*await shops_with_parts(connection), *sums.by_shop})
    wrong = [shop for shop in shops if await parts_of_shop(connection, shop) != sums.of(shop)]
    return violations + [Violation(PARTS_ARE_THE_SUM, shop) for shop in wrong]
