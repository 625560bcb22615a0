"""What a batch needs of programmes: the rules of its shops, and their customers' due instants."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from cachetools import LRUCache

from loyalty.domain.programme import Programme, earning_from
from loyalty.domain.zones import ShopZones
from loyalty.programme.document import PROGRAMMES, default_programme, readable_programme
from loyalty.programme.word_rows import words_of
from mandegar.calendar import shop_days
from mandegar.database import Connection, Row, ShopConnection, WorkerConnection
from mandegar.documents.rows import BEGINNING, Head, documents_of, heads_of_shops
from mandegar.documents.versions import IsUnused
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.stream import PermanentError

COMPILED_MAX = 50 * PROGRAMMES.versions_max
DOCUMENTS_AT_ONCE = 10


class Rules(NamedTuple):
    """What determines a shop's points: programme versions, ascending by ``effective_from``, and its calendars."""

    programmes: tuple[Programme, ...]
    zones: ShopZones


class _Shop(NamedTuple):
    """What the rules of a shop depend on beside its programmes."""

    currency: str
    zones: ShopZones
    points_from: datetime | None


async def load_rules(connection: Connection, shops: Collection[str]) -> dict[str, Rules]:
    """The rules of each shop. Raises ``PermanentError`` for a shop that was never announced."""
    announced = await _load_shops(connection, shops)
    programmes: dict[str, list[Programme]] = {}
    for name in shops:
        _require_announced(name, announced)
        programmes[name] = [default_programme(announced[name].currency)]
    heads = await heads_of_shops(connection, PROGRAMMES, shops)
    await _compile_missing(connection, heads, announced)
    for head in heads:
        programme = _compiled().get((head, announced[head.shop].currency))
        if programme is not None:
            programmes[head.shop].append(programme)
    return {shop: _rules(tuple(versions), announced[shop]) for shop, versions in programmes.items()}


async def rules_of(connection: Connection, shop: str) -> Rules:
    """The rules of one shop, as ``load_rules``."""
    return (await load_rules(connection, [shop]))[shop]


def known_rules(shop: str, row: Row) -> Rules | None:
    """The rules of a shop by a row with its settings, zones, and the heads of its programmes.

    None if this process has not read one of these documents yet: ``load_rules`` reads them.
    """
    currency, compiled = row["currency"], _compiled()
    programmes = [default_programme(currency)]
    columns = [row[name] or () for name in ("versions", "effective_from", "hashes", "created")]
    for version, effective_from, document_hash, created_at in zip(*columns, strict=True):
        key = Head(shop, "", version, effective_from, document_hash, created_at), currency
        if key not in compiled:
            return None
        if (programme := compiled[key]) is not None:
            programmes.append(programme)
    zones = zones_of(tuple(row["zones"] or [row["zone"]]), tuple(row["begins"] or [BEGINNING]))
    return _rules(tuple(programmes), _Shop(currency, zones, row["points_from"]))


def _rules(programmes: tuple[Programme, ...], shop: _Shop) -> Rules:
    if shop.points_from is not None:
        programmes = _earning_from(programmes, to_us(shop.points_from))
    return Rules(programmes, shop.zones)


_earning_from = lru_cache(maxsize=1024)(earning_from)


async def zones_of_shops(connection: Connection, shops: Collection[str]) -> dict[str, ShopZones]:
    """The calendars of each shop. Raises ``PermanentError`` for a shop that was never announced."""
    announced = await _load_shops(connection, shops)
    for name in shops:
        _require_announced(name, announced)
    return {name: announced[name].zones for name in shops}


def _require_announced(name: str, announced: Mapping[str, _Shop]) -> None:
    if name not in announced:
        raise PermanentError("unknown_shop", f"the shop {name} has not been announced")


async def _load_shops(connection: Connection, shops: Collection[str]) -> dict[str, _Shop]:
    """The stored shops among ``shops``, with the zones that they have had."""
    rows = await connection.fetch(
        """
        SELECT s.shop, s.currency, s.zone, s.points_from, z.zones, z.begins FROM shops s LEFT JOIN LATERAL (
            SELECT array_agg(zone ORDER BY version) AS zones, array_agg(since ORDER BY version) AS begins
            FROM shop_zones WHERE shop = s.shop
        ) AS z ON true
        WHERE s.shop = ANY($1::text[])
        """,
        list(shops),
    )
    return {
        shop: _Shop(currency, zones_of(tuple(zones or [zone]), tuple(begins or [BEGINNING])), points_from)
        for shop, currency, zone, points_from, zones, begins in rows
    }


@lru_cache(maxsize=1024)
def zones_of(zones: tuple[str, ...], begins: tuple[datetime, ...]) -> ShopZones:
    """The calendars of a shop's zones, each since an instant."""
    return ShopZones([(to_us(begin), shop_days(zone)) for zone, begin in zip(zones, begins, strict=True)])


async def _compile_missing(connection: Connection, heads: Sequence[Head], announced: Mapping[str, _Shop]) -> None:
    """Read the documents of versions that this process has not compiled yet, some at a time.

    A version that this release cannot read stays out of force: the document of one shop must not refuse its events.
    """
    compiled = _compiled()
    missing = [head for head in heads if (head, announced[head.shop].currency) not in compiled]
    words = await words_of(connection, {head.shop for head in missing}) if missing else {}
    for place in range(0, len(missing), DOCUMENTS_AT_ONCE):
        some = missing[place : place + DOCUMENTS_AT_ONCE]
        for head, text in zip(some, await documents_of(connection, PROGRAMMES, some), strict=True):
            currency = announced[head.shop].currency
            compiled[head, currency] = readable_programme(head, text, currency, words[head.shop])


@cache
def _compiled() -> LRUCache[tuple[Head, str], Programme | None]:
    """Compiled versions. One shop, which stores a bounded number, cannot take the room of the others."""
    return LRUCache(COMPILED_MAX)


# Entries that a rebuild restored do not have the version. The instant of posting, which is no earlier than that of the
# payment but for clocks that differ, has the index.
_EARNED = """
    SELECT EXISTS (
        SELECT 1 FROM entries
        WHERE shop = $1 AND kind IN ('earn', 'credit.earn') AND posted_at >= $3::timestamptz - interval '1 day'
            AND effective_at >= $3
            AND (programme_version = $2 OR programme_version IS NULL AND ($4::timestamptz IS NULL OR effective_at < $4))
    )
"""


async def has_earned(
    connection: ShopConnection, shop: str, version: int, since: datetime, until: datetime | None
) -> bool:
    """Whether anybody has earned anything under a version for what happened in a span; None: a span without end."""
    return bool(await connection.fetchval(_EARNED, shop, version, since, until))


def unused_in(connection: ShopConnection, shop: str) -> IsUnused:
    """Tells of versions of this shop whether nobody has earned anything under them in a span."""

    async def is_unused(version: int, since: datetime, until: datetime | None) -> bool:
        return not await has_earned(connection, shop, version, since, until)

    return is_unused


async def due_no_later_than(connection: WorkerConnection, customers: Sequence[CustomerKey], at: datetime) -> None:
    """Make locked customers of one shop due at ``at``, unless they are due earlier."""
    await connection.execute(
        """
        UPDATE customers SET due_at = least(due_at, $3)
        WHERE shop = $1 AND customer_id = ANY($2::text[]) AND settled_at IS NOT NULL
        """,
        customers[0].shop if customers else "",
        [customer.customer_id for customer in customers],
        at,
    )
