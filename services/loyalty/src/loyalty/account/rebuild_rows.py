"""The columns of customers that a rebuild writes before it settles them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from loyalty.account.packing import unpack_facts
from loyalty.domain.acts import key_of_act
from loyalty.domain.attained import Attained, key_of
from loyalty.domain.money import thousandths
from loyalty.domain.opening import key_of_adjustment, key_of_lot
from loyalty.domain.orders import HELD, Fact
from loyalty.domain.referral_facts import key_of_referral, referral_in
from loyalty.domain.units import key_of_credit, without_unit
from mandegar.database import KEYS, Connection, WorkerConnection, as_json, key_columns, keys_as_json, record_set
from mandegar.events import CustomerKey, Event
from mandegar.events.credit import CreditEntry
from mandegar.events.loyalty import LedgerEntry

# The aliases whose accounts are closed in one transaction.
OPEN_MAX = 500


class PublishedRow(Struct, frozen=True):
    """What was published about a customer, up to ``version``. ``closed``: that nothing was left with them."""

    shop: str
    customer_id: str
    version: int
    settled_at: datetime | None = None
    announced_tier: str | None = None
    warned: Sequence[datetime] = ()
    closed: bool = False
    at_risk_until: datetime | None = None


class WarnedRow(Struct, frozen=True):
    """Expiries that were announced to a customer as an alias."""

    shop: str
    customer_id: str
    warned: Sequence[datetime]
    at_risk_until: datetime | None = None


_SAVE_PUBLISHED = f"""
    UPDATE customers c SET
        version = greatest(c.version, w.version), settled_at = greatest(c.settled_at, w.settled_at),
        announced_tier = coalesce(w.announced_tier, c.announced_tier), warned = w.warned,
        at_risk_until = w.at_risk_until, remembered = NULL
    FROM {record_set(PublishedRow)}
    WHERE NOT w.closed AND (c.shop, c.customer_id) = (w.shop, w.customer_id)
"""  # noqa: S608
_SAVE_CLOSED = f"""
    UPDATE customers c SET
        version = greatest(c.version, w.version), settled_at = NULL, announced_tier = NULL, warned = '{{}}',
        at_risk_until = NULL
    FROM {record_set(PublishedRow)}
    WHERE w.closed AND (c.shop, c.customer_id) = (w.shop, w.customer_id)
"""  # noqa: S608
_SAVE_WARNED = f"""
    UPDATE customers c SET
        warned = ARRAY(SELECT DISTINCT at FROM unnest(c.warned || w.warned) AS at ORDER BY at),
        at_risk_until = coalesce(c.at_risk_until, w.at_risk_until), remembered = NULL
    FROM {record_set(WarnedRow)}
    WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
"""  # noqa: S608
# The facts that caused an alias's entries are those of the root now, or of somebody who was the root before a split.
_FACTS_OF_ROOTS = """
    SELECT o.shop, o.order_id, o.facts
    FROM orders o JOIN unnest($1::text[], $2::text[], $3::text[]) AS w(shop, customer_id, order_id)
        USING (shop, customer_id, order_id)
    WHERE o.facts <> '[]'
"""
_FACTS_OF_ANYBODY = """
    SELECT o.shop, o.order_id, o.facts
    FROM orders o JOIN unnest($1::text[], $2::text[]) AS w(shop, order_id) USING (shop, order_id)
    WHERE o.facts <> '[]'
"""


def order_of(entry: LedgerEntry | CreditEntry) -> str:
    """The id under which the facts are kept that a published entry is an effect of; empty if it names none."""
    if isinstance(entry, CreditEntry):
        if entry.adjustment_id is not None:
            return key_of_credit(key_of_adjustment(entry.adjustment_id))
        return key_of_credit(entry.order_id or "")
    if entry.act is not None:
        return key_of_act(entry.act.type, entry.act.id)
    if entry.referral is not None:
        return key_of_referral(entry.referral)
    if entry.challenge is not None:
        return key_of(Attained(entry.challenge.name, entry.challenge.id))
    if entry.adjustment_id is not None:
        return key_of_adjustment(entry.adjustment_id)
    return entry.order_id or "" if entry.opening_id is None else key_of_lot(entry.opening_id)


def points_of(entry: LedgerEntry | CreditEntry) -> int:
    """The points of a published entry; of credit, thousandths of the currency."""
    return thousandths(entry.amount) if isinstance(entry, CreditEntry) else entry.points


async def due_now(connection: WorkerConnection, customers: Collection[CustomerKey], now: datetime) -> None:
    """Make locked customers due at ``now``, to be walked from the beginning."""
    await connection.execute(
        """
        UPDATE customers c SET due_at = $3, remembered = NULL
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        *key_columns(customers),
        now,
    )


async def save_published(connection: WorkerConnection, rows: Sequence[PublishedRow]) -> None:
    """Write what was published; a tier that was never announced stays unknown."""
    if any(row.closed for row in rows):
        await connection.execute(_SAVE_CLOSED, as_json(rows))
    await connection.execute(_SAVE_PUBLISHED, as_json(rows))


async def save_versions(connection: WorkerConnection, versions: Mapping[CustomerKey, int]) -> None:
    """Let the next version of each customer be above what was published."""
    if not versions:
        return
    await connection.execute(
        """
        UPDATE customers c SET version = greatest(c.version, w.version)
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS w(shop, customer_id, version)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        *key_columns(versions),
        list(versions.values()),
    )


async def save_warned(connection: WorkerConnection, rows: Sequence[WarnedRow]) -> None:
    """Add announced expiries to those of roots."""
    if rows:
        await connection.execute(_SAVE_WARNED, as_json(rows))


async def ever_merged(
    connection: Connection, customers: Collection[CustomerKey]
) -> dict[CustomerKey, CustomerKey | None]:
    """Those of the customers who have ever been an alias, each with the present root."""
    rows = await connection.fetch(
        f"SELECT shop, customer_id, merged_into FROM customers JOIN {KEYS} USING (shop, customer_id) "  # noqa: S608
        "WHERE merge_version IS NOT NULL",
        keys_as_json(customers),
    )
    return {CustomerKey(shop, customer): root and CustomerKey(shop, root) for shop, customer, root in rows}


async def causes_elsewhere(
    connection: Connection, roots: Mapping[CustomerKey, CustomerKey | None], events: Iterable[Event]
) -> dict[tuple[str, str], list[str]]:
    """By shop and order id: events that may have caused entries of those who have ever been an alias."""
    wanted = {
        (event.shop, root and root.customer_id, order_id)
        for event in events
        if event.type in {"points.posted", "credit.posted"}
        and (root := roots.get(event.customer, event.customer)) != event.customer
        for entry in event.data.entries
        for order_id in (order_of(entry), without_unit(order_of(entry)))
    }
    found: dict[tuple[str, str], list[str]] = {}
    rows = await connection.fetch(_FACTS_OF_ROOTS, *_columns([each for each in wanted if each[1]], 3))
    missing = {(shop, order_id) for shop, _, order_id in wanted} - {(row[0], row[1]) for row in rows}
    if missing:
        rows += await connection.fetch(_FACTS_OF_ANYBODY, *_columns(missing, 2))
    for shop, order_id, facts in rows:
        found.setdefault((shop, order_id), []).extend(causes_among(unpack_facts(facts)))
    return found


def causes_among(facts: Iterable[Fact]) -> Iterator[str]:
    """What may have caused an entry: events, redemptions whose reservation ended by itself, and referrals."""
    for fact in facts:
        yield fact.event_id
        if fact.kind == HELD:
            yield fact.refund_id
        elif (referral := referral_in(fact)) is not None:
            yield referral


def _columns(rows: Iterable[tuple[str | None, ...]], number: int) -> list[list[str | None]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(number)]


async def open_aliases(connection: Connection) -> dict[CustomerKey, tuple[CustomerKey, str]]:
    """Some aliases whose accounts were not closed, each with the root and the tier that was announced."""
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, merged_into, coalesce(announced_tier, '') FROM customers
        WHERE merged_into IS NOT NULL AND settled_at IS NOT NULL LIMIT $1
        """,
        OPEN_MAX,
    )
    return {CustomerKey(shop, alias): (CustomerKey(shop, root), tier) for shop, alias, root, tier in rows}


async def raise_versions(connection: WorkerConnection, roots: Mapping[CustomerKey, CustomerKey]) -> None:
    """Let the next version of each root be above that of its alias."""
    await connection.execute(
        """
        UPDATE customers c SET version = greatest(c.version, w.version), remembered = NULL
        FROM (
            SELECT shop, merged_into, max(version) AS version FROM customers
            JOIN unnest($1::text[], $2::text[]) AS a(shop, customer_id) USING (shop, customer_id) GROUP BY 1, 2
        ) AS w
        WHERE (c.shop, c.customer_id) = (w.shop, w.merged_into)
        """,
        *key_columns(roots),
    )
