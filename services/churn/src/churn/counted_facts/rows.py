"""Rows of facts, whose customers are locked; what they count for is changed with them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from msgspec import Struct

from churn.domain.counting import Counts, less
from churn.kpis.rows import ShopCounts, record_changes
from mandegar.calendar import ShopDays, shop_days
from mandegar.database import Connection, Row, WorkerConnection, as_json, keys_as_json, record_set
from mandegar.events import CustomerKey
from mandegar.shops import load_shops

ZONE_UNKNOWN: Final = "UTC"  # until ``shop.updated`` names the shop's own

Facts: TypeAlias = tuple[Any, ...]


class FactRow(Struct, frozen=True):
    """A customer's facts, and the zone by whose days they count."""

    shop: str
    customer_id: str
    zone: str
    facts: Any


_LOAD = """
    SELECT shop, customer_id, zone, {column}
    FROM {table} JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
"""
_TAKE = """
    DELETE FROM {table} WHERE (shop, customer_id) IN (
        SELECT shop, customer_id FROM json_to_recordset($1::json) AS w(shop text, customer_id text))
    RETURNING shop, customer_id, zone, {column}
"""
_SAVE = """
    INSERT INTO {table} (shop, customer_id, zone, {column}) SELECT shop, customer_id, zone, facts FROM {rows}
    ON CONFLICT (shop, customer_id) DO UPDATE SET zone = excluded.zone, {column} = excluded.{column}
"""
# By two steps of an index for each shop.
_OTHER_ZONE = """
    SELECT a.shop, a.customer_id FROM shops s CROSS JOIN LATERAL (
        (SELECT shop, customer_id FROM {table} WHERE shop = s.shop AND zone < s.zone LIMIT $1)
        UNION ALL (SELECT shop, customer_id FROM {table} WHERE shop = s.shop AND zone > s.zone LIMIT $1)) a
    LIMIT $1
"""
_PAGE = """
    SELECT shop, customer_id, zone, {column} FROM {table}
    WHERE (shop, customer_id) > ($1, $2) ORDER BY shop, customer_id LIMIT $3
"""


class FactTable:
    """The table of one kind of facts.

    ``fact`` is the class of one, a row of which ``column`` has as a list; ``together`` puts facts in any order, and
    repeated ones, into the form in which they are kept; ``counts`` says what they count for.
    """

    def __init__(
        self,
        table: str,
        column: str,
        *,
        fact: Callable[..., Any],
        together: Callable[[Iterable[Any]], Facts],
        counts: Callable[[Facts, ShopDays], Counts],
    ) -> None:
        self.name = table
        self.together = together
        self._fact, self._counts = fact, counts
        names = {"table": table, "column": column, "rows": record_set(FactRow)}
        self._load, self._take, self._save, self._other_zone, self._page = (
            text.format(**names) for text in (_LOAD, _TAKE, _SAVE, _OTHER_ZONE, _PAGE)
        )

    def facts(self, row: FactRow) -> Facts:
        """The facts, whether read from a row or not."""
        return tuple(self._fact(*each) for each in row.facts)

    def counts(self, row: FactRow) -> Counts:
        """What the facts of a row count for."""
        return self._counts(self.facts(row), shop_days(row.zone))

    async def load(self, connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, FactRow]:
        """The rows of those who have one."""
        return _by_customer(await connection.fetch(self._load, keys_as_json(sorted(keys))))

    async def take(self, connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, FactRow]:
        """Delete the rows of customers; returns them."""
        return _by_customer(await connection.fetch(self._take, keys_as_json(sorted(keys))))

    async def page(self, connection: Connection, after: CustomerKey, limit: int) -> dict[CustomerKey, FactRow]:
        """The next rows of all shops, by key."""
        return _by_customer(await connection.fetch(self._page, *after, limit))

    async def with_another_zone(self, connection: Connection, limit: int) -> list[CustomerKey]:
        """Some customers whose facts count by days of a zone that is no longer their shop's."""
        return [CustomerKey(*row) for row in await connection.fetch(self._other_zone, limit)]

    async def add(self, connection: WorkerConnection, given: Mapping[CustomerKey, Sequence[Any]]) -> None:
        """Add facts to those of their customers."""
        if not given:
            return
        before = await self.load(connection, given)
        facts = {
            key: self.together([*(self.facts(before[key]) if key in before else ()), *more])
            for key, more in given.items()
        }
        await self.write(connection, facts, list(before.values()))

    async def write(
        self, connection: WorkerConnection, facts: Mapping[CustomerKey, Facts], before: Sequence[FactRow]
    ) -> None:
        """Write the facts of customers by the present zone of their shops, who count for them instead of ``before``."""
        shops = await load_shops(connection, {key.shop for key in facts})
        zones = {name: shop.zone for name, shop in shops.items()}
        rows = [FactRow(*key, zones.get(key.shop, ZONE_UNKNOWN), facts[key]) for key in sorted(facts)]
        figures = ShopCounts()
        for row in rows:
            figures.add(row.shop, self.counts(row))
        for row in before:
            figures.add(row.shop, less({}, self.counts(row)))
        if rows:
            await connection.execute(self._save, as_json(rows))
        await record_changes(connection, figures)


def _by_customer(rows: Sequence[Row]) -> dict[CustomerKey, FactRow]:
    return {CustomerKey(row["shop"], row["customer_id"]): FactRow(*row) for row in rows}
