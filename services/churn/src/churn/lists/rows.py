"""Customers of one shop by band: the walk over a list of them."""

from collections.abc import Collection
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

from churn.customers.rows import COLUMNS, customer_of
from churn.domain.bands import BANDS
from churn.domain.customer import Customer
from mandegar.database import ReadConnection
from mandegar.events.churn import Band, Lifecycle, Stage

Sort: TypeAlias = Literal["value_at_risk", "last_order", "risk", "year_value"]

# Whom the indexes of all orders but value_at_risk have: a purchase of who is healthy adds nothing to them.
NOT_HEALTHY: Final[tuple[Band, ...]] = ("cooling", "at_risk", "lost")
# Lifecycles in which the customers of one band are; the others are bands.
_HEALTHY: Final[tuple[Lifecycle, ...]] = ("new", "active", "won_back")
# So many customers a page looks at, whoever of them is wanted: what a page costs at most.
WALKED_MAX: Final = 1_000
_WANTED: Final = """
    ($3::text IS NULL OR EXISTS (
        SELECT FROM segment_members m WHERE m.shop = $1 AND m.segment = $3 AND m.customer_id = w.customer_id))
    AND ($4::text IS NULL OR EXISTS (
        SELECT FROM cards d WHERE d.shop = $1 AND d.customer_id = w.customer_id AND d.tier = $4))
    AND ($5::text IS NULL OR w.lifecycle = $5) AND ($6::text IS NULL OR w.stage = $6)
"""
_READ = f"SELECT {COLUMNS} FROM customers WHERE shop = $1 AND customer_id = ANY($2::text[])"  # noqa: S608
# A walk over each band is a range of the index; those of several bands are merged in their order.
_RANGE: Final = """
    (SELECT {key} AS key, customer_id, lifecycle, stage FROM customers WHERE shop = $1 AND band = '{band}' {behind}
    ORDER BY {key} DESC, customer_id DESC LIMIT $2)
"""
_BEHIND: Final = "AND ({key}, customer_id) < ($7, $8)"
_WALK: Final = """
    SELECT key, customer_id, {wanted}
    FROM (SELECT * FROM ({ranges}) AS merged ORDER BY key DESC, customer_id DESC LIMIT $2) AS w
    ORDER BY key DESC, customer_id DESC
"""
_STATEMENTS: Final = {
    (sort, band, goes_on): _WALK.format(
        wanted=_WANTED,
        ranges=" UNION ALL ".join(
            _RANGE.format(key=key, band=one, behind=_BEHIND.format(key=key) if goes_on else "")
            for one in (BANDS if band is None else (band,))
        ),
    )
    for sort, key, bands in (
        ("value_at_risk", "value_at_risk", (None, *BANDS)),
        ("last_order", "last_day", NOT_HEALTHY),
        ("risk", "crossing_risk", NOT_HEALTHY),
        ("year_value", "crossing_year_value", NOT_HEALTHY),
    )
    for band in bands
    for goes_on in (False, True)
}


def band_of(lifecycle: Lifecycle) -> Band:
    """The band in which all customers of a lifecycle are."""
    if lifecycle == "new" or lifecycle == "active" or lifecycle == "won_back":
        return "healthy"
    return lifecycle


class Position(NamedTuple):
    """A place in a list: the sort key of a customer, and their id."""

    key: Decimal | int
    customer_id: str


class Filter(NamedTuple):
    """Whom a list has: customers of a band (None: of any) who are in a segment, and have a tier, a lifecycle and a
    stage, as far as these are named."""

    band: Band | None
    segment: str | None = None
    tier: str | None = None
    lifecycle: Lifecycle | None = None
    stage: Stage | None = None

    @property
    def chooses(self) -> bool:
        """Whether not everybody in the band is wanted."""
        return any(name is not None for name in (self.segment, self.tier, self.stage)) or self.lifecycle in _HEALTHY

    @property
    def values(self) -> tuple[str | None, ...]:
        """What is asked of each customer walked over."""
        return (self.segment, self.tier, self.lifecycle, self.stage)


class Walked(NamedTuple):
    """The ids of a page in their order, each with its sort key, and the place behind which the next one begins; None on
    the last page."""

    keys: dict[str, Decimal | int]
    last: Position | None


async def walk_list(
    connection: ReadConnection, shop: str, sort: Sort, wanted: Filter, after: Position | None, limit: int
) -> Walked:
    """The next customers of a list behind a place, up to ``limit``: fewer, or none, where few of those walked over are
    wanted, although the list goes on."""
    at_most = WALKED_MAX if wanted.chooses else limit
    statement = _STATEMENTS[sort, wanted.band, after is not None]
    rows = await connection.fetch(statement, shop, at_most, *wanted.values, *(after or ()))
    keys: dict[str, Decimal | int] = {}
    for key, customer_id, is_wanted in rows:
        if is_wanted:
            keys[customer_id] = key
        if len(keys) == limit:
            return Walked(keys, Position(key, customer_id))
    return Walked(keys, Position(*rows[-1][:2]) if len(rows) == at_most else None)


async def read_in_order(connection: ReadConnection, shop: str, ids: Collection[str]) -> list[Customer]:
    """The customers of ``ids`` in this order, without those who are no more."""
    found = {row["customer_id"]: customer_of(row) for row in await connection.fetch(_READ, shop, [*ids])}
    return [found[customer_id] for customer_id in ids if customer_id in found]
