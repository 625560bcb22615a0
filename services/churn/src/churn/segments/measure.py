"""Measures the lines through a shop's buyers, by which segments tell what is often and what is much."""

from collections.abc import Sequence
from typing import Final

from churn import NAME
from churn.customers.rows import COLUMNS, customer_of
from churn.domain.orders import money
from churn.domain.purchases import Statistics
from churn.domain.segments.facts import Lines
from churn.memberships.definition_rows import find_generation, next_generation, write_lines
from mandegar.database import WorkerConnection, transaction
from mandegar.events.churn import LinesFitted
from mandegar.events.derived import Origin, derived_event
from mandegar.outbox import write_outbox
from mandegar.service.context import Context

SAMPLE: Final = 5_000
# Lines that move by less stay: each change evaluates all customers again.
MOVED: Final = 0.1
_OFTEN_LEAST: Final = 3
# What a column holds: orders of a billion million add up to more.
LINE_MAX: Final = 2**63 - 1
_SAMPLED = f"""
    SELECT {COLUMNS} FROM customers
    WHERE shop = $1 AND x IS NOT NULL AND abs(hashtextextended(customer_id, 0) % $2) = 0 LIMIT $3
"""  # noqa: S608  names of our own columns


async def measure(context: Context, shop: str) -> None:
    """Measure the lines of a shop and store them if they have moved; customers are then brought under them."""
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        lines = lines_of(await _sample(connection, shop))
        row = await find_generation(connection, shop)
        if row is None:
            return
        before = None if row["often"] is None else Lines(row["often"], row["middle"], row["high"])
        if lines is None or (before is not None and not has_moved(before, lines)):
            kept = (None, None, None) if before is None else before
            await write_lines(connection, shop, kept, now)
            return
        generation = await next_generation(connection, shop, now)
        await write_lines(connection, shop, lines, now)
        fitted = LinesFitted(
            generation=generation, often=lines.often, middle=money(lines.middle or 0), high=money(lines.high or 0)
        )
        id_from = f"lines|{shop}|{generation}"
        event = derived_event(
            NAME, "segment.lines_fitted", fitted, about=shop, cause=Origin(), now=now, id_from=id_from
        )
        await write_outbox(connection, [event])


def lines_of(buyers: Sequence[Statistics]) -> Lines | None:
    """The lines through some buyers: the upper fifth of those who came again buys often, the upper fifth spends much,
    the lower half little. None without a buyer."""
    if not buyers:
        return None
    days = sorted(buyer.x + 1 for buyer in buyers if buyer.x)
    nets = sorted(buyer.net for buyer in buyers)
    often = max(_OFTEN_LEAST, days[4 * len(days) // 5] if days else 0)
    return Lines(often, min(nets[len(nets) // 2], LINE_MAX), min(nets[4 * len(nets) // 5], LINE_MAX))


def has_moved(before: Lines, after: Lines) -> bool:
    """Whether lines are others by more than a tenth."""
    return any(
        abs(new - old) > MOVED * max(abs(old), abs(new))
        for old, new in zip(before, after, strict=True)
        if old is not None and new is not None
    )


async def _sample(connection: WorkerConnection, shop: str) -> list[Statistics]:
    """The statistics of up to ``SAMPLE`` buyers, chosen by a hash of their ids."""
    buyers = await connection.fetchval("SELECT count(*) FROM customers WHERE shop = $1 AND x IS NOT NULL", shop)
    rows = await connection.fetch(_SAMPLED, shop, max(1, -(-buyers // SAMPLE)), 2 * SAMPLE)
    found = [customer_of(row).statistics for row in rows]
    return [statistics for statistics in found if statistics is not None]
