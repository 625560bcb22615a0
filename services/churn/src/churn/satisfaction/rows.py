"""Rows of answers, whose customers are locked; what they count for is changed with them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from churn.domain.counting import ZERO, Counts
from churn.domain.satisfaction import Answer, Answers, counts_of_answers
from churn.kpis.rows import ShopCounts, record_changes
from mandegar.calendar import shop_days
from mandegar.database import Connection, Row, WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.events import CustomerKey
from mandegar.shops import load_shops

ZONE_UNKNOWN: Final = "UTC"  # until ``shop.updated`` names the shop's own


class Answered(Struct, frozen=True):
    """A customer's answers, and the zone by whose days they count."""

    shop: str
    customer_id: str
    zone: str
    answers: Any

    def counts(self) -> Counts:
        """What they count for."""
        return counts_of_answers(self.all(), shop_days(self.zone))

    def all(self) -> Answers:
        """The answers, whether read from a row or not."""
        return tuple(Answer(*each) for each in self.answers)


_COLUMNS: Final = columns(Answered)
_LOAD = f"""
    SELECT {_COLUMNS}
    FROM survey_answers JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
"""  # noqa: S608  names of our own columns
_TAKE = f"""
    DELETE FROM survey_answers WHERE (shop, customer_id) IN (
        SELECT shop, customer_id FROM json_to_recordset($1::json) AS w(shop text, customer_id text))
    RETURNING {_COLUMNS}
"""  # noqa: S608  names of our own columns
_SAVE = f"""
    INSERT INTO survey_answers ({_COLUMNS}) SELECT {_COLUMNS} FROM {record_set(Answered)}
    ON CONFLICT (shop, customer_id) DO UPDATE SET zone = excluded.zone, answers = excluded.answers
"""  # noqa: S608  names of our own columns
# By two steps of an index for each shop.
_OTHER_ZONE = """
    SELECT a.shop, a.customer_id FROM shops s CROSS JOIN LATERAL (
        (SELECT shop, customer_id FROM survey_answers WHERE shop = s.shop AND zone < s.zone LIMIT $1)
        UNION ALL (SELECT shop, customer_id FROM survey_answers WHERE shop = s.shop AND zone > s.zone LIMIT $1)) a
    LIMIT $1
"""
_PAGE = f"""
    SELECT {_COLUMNS} FROM survey_answers WHERE (shop, customer_id) > ($1, $2) ORDER BY shop, customer_id LIMIT $3
"""  # noqa: S608  names of our own columns


async def load_answered(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Answered]:
    """The answers of those who have some."""
    return _by_customer(await connection.fetch(_LOAD, keys_as_json(sorted(keys))))


async def take_answered(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Answered]:
    """Delete the rows of customers; returns them."""
    return _by_customer(await connection.fetch(_TAKE, keys_as_json(sorted(keys))))


async def page_of_answered(connection: Connection, after: CustomerKey, limit: int) -> dict[CustomerKey, Answered]:
    """The next rows of all shops, by key."""
    return _by_customer(await connection.fetch(_PAGE, *after, limit))


async def with_another_zone(connection: Connection, limit: int) -> list[CustomerKey]:
    """Some customers whose answers count by days of a zone that is no longer their shop's."""
    return [CustomerKey(*row) for row in await connection.fetch(_OTHER_ZONE, limit)]


async def write_answered(
    connection: WorkerConnection,
    answers: Mapping[CustomerKey, Answers],
    before: Sequence[Answered],
) -> None:
    """Write the answers of customers by the present zone of their shops, who count for them instead of ``before``."""
    zones = {name: shop.zone for name, shop in (await load_shops(connection, {key.shop for key in answers})).items()}
    rows = [
        Answered(key.shop, key.customer_id, zones.get(key.shop, ZONE_UNKNOWN), answers[key]) for key in sorted(answers)
    ]
    figures = ShopCounts()
    for row in rows:
        figures.add(row.shop, row.counts())
    for row in before:
        figures.add(row.shop, {place: ZERO.plus(count, -1) for place, count in row.counts().items()})
    if rows:
        await connection.execute(_SAVE, as_json(rows))
    await record_changes(connection, figures)


def _by_customer(rows: Sequence[Row]) -> dict[CustomerKey, Answered]:
    return {CustomerKey(row["shop"], row["customer_id"]): Answered(*row) for row in rows}
