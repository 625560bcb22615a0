"""Programmes: the versions of a shop's rules, and what a batch needs to know of its shops."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from loyalty.domain.days import ShopDays, shop_days
from loyalty.domain.programme import Programme
from loyalty.domain.quantities import instant
from loyalty.programme.document import default_programme, stored_programme
from mandegar.database import Connection, Row
from mandegar.shops import load_shops
from mandegar.stream import PermanentError

_LOCK_KEY = "hashtextextended('programme:' || shop, 0)"


class Rules(NamedTuple):
    """What decides over a shop's points: programme versions in the order of their force, and where days begin."""

    programmes: tuple[Programme, ...]
    days: ShopDays


async def load_rules(connection: Connection, shops: Collection[str]) -> dict[str, Rules]:
    """The rules of each shop. Raises ``PermanentError`` for a shop that was never announced."""
    known = await load_shops(connection, shops)
    versions: dict[str, list[Programme]] = {}
    for name in shops:
        if name not in known:
            raise PermanentError("unknown_shop", f"the shop {name} has not been announced")
        versions[name] = [default_programme(known[name].currency)]
    rows = await connection.fetch(
        """
        SELECT shop, version, effective_from, document FROM programmes
        WHERE shop = ANY($1::text[]) ORDER BY shop, effective_from
        """,
        list(shops),
    )
    for shop, version, effective_from, document in rows:
        programme = stored_programme(document, version, instant(effective_from), known[shop].currency)
        versions[shop].append(programme)
    return {shop: Rules(tuple(programmes), shop_days(known[shop].zone)) for shop, programmes in versions.items()}


async def hold_programmes(connection: Connection, shops: Collection[str]) -> None:
    """Keep new programme versions of ``shops`` out until this transaction ends: a batch has one set of rules."""
    await connection.fetch(
        f"SELECT pg_advisory_xact_lock_shared({_LOCK_KEY}) FROM unnest($1::text[]) AS w(shop)",  # noqa: S608
        sorted(shops),
    )


async def claim_programmes(connection: Connection, shop: str) -> None:
    """Wait until no batch of ``shop`` is under way, and hold new ones off until this transaction ends."""
    await connection.fetch(f"SELECT pg_advisory_xact_lock({_LOCK_KEY}) FROM (SELECT $1::text) AS w(shop)", shop)  # noqa: S608


async def programme_rows(connection: Connection, shop: str) -> list[Row]:
    """Every stored version, the newest first."""
    return await connection.fetch(
        """
        SELECT version, effective_from, document, created_at FROM programmes
        WHERE shop = $1 ORDER BY effective_from DESC
        """,
        shop,
    )


async def has_orders(connection: Connection, shop: str) -> bool:
    """Whether any order of this shop was ever heard of."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT 1 FROM orders WHERE shop = $1)", shop))


async def insert_programme(
    connection: Connection, shop: str, *, version: int, effective_from: datetime, document: str, now: datetime
) -> None:
    """Store a version."""
    await connection.execute(
        """
        INSERT INTO programmes (shop, version, effective_from, document, created_at) VALUES ($1, $2, $3, $4, $5)
        """,
        shop,
        version,
        effective_from,
        document,
        now,
    )
