"""The columns of ``customers`` that say who is whose alias."""

from collections.abc import Collection, Iterable, Sequence

from mandegar.customers.forest import AliasRow
from mandegar.customers.standings import Standing, Standings
from mandegar.database import Connection, WorkerConnection, key_columns
from mandegar.events import CustomerKey

# The advisory lock that merges and erasures take exclusively, and groups that lock rows of their own take shared.
_MERGES = 7302


async def read_below(connection: WorkerConnection, keys: Iterable[CustomerKey]) -> dict[CustomerKey, AliasRow]:
    """These customers, and all whom a chain of merges leads to them."""
    ordered = sorted(keys)
    rows = await connection.fetch(
        """
        WITH RECURSIVE below AS (
            SELECT c.shop, c.customer_id
            FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
            UNION
            SELECT c.shop, c.customer_id FROM below b JOIN customers c ON c.shop = b.shop AND c.alias_of = b.customer_id
        )
        SELECT c.shop, c.customer_id, c.alias_of, coalesce(c.merged_into, c.customer_id), coalesce(c.merge_version, 0)
        FROM below JOIN customers c USING (shop, customer_id)
        """,
        *key_columns(ordered),
    )
    return {
        CustomerKey(shop, id_): AliasRow(
            CustomerKey(shop, id_), None if of is None else CustomerKey(shop, of), CustomerKey(shop, root), version
        )
        for shop, id_, of, root, version in rows
    }


async def roots_of(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, CustomerKey]:
    """The roots of those that are aliases, without a lock."""
    if not keys:
        return {}
    rows = await connection.fetch(
        """
        SELECT c.shop, c.customer_id, c.merged_into
        FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        WHERE c.merged_into IS NOT NULL
        """,
        *key_columns(keys),
    )
    return {CustomerKey(shop, alias): CustomerKey(shop, root) for shop, alias, root in rows}


async def standings_of(connection: Connection, keys: Collection[CustomerKey]) -> Standings:
    """The roots of those that are aliases, and the standings of them and their roots, without a lock."""
    rows = await connection.fetch(
        """
        SELECT c.shop, c.customer_id, c.merged_into, each.*
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        JOIN customers c USING (shop, customer_id)
        LEFT JOIN LATERAL (
            SELECT p.customer_id AS id, p.erased_at IS NOT NULL AS erased, p.erasure_version, p.erased_before,
                p.erased_profile, p.erased_by
            FROM customers p
            WHERE p.shop = c.shop AND p.customer_id IN (c.customer_id, c.merged_into) AND p.erasure_version IS NOT NULL
        ) each ON true
        WHERE c.merged_into IS NOT NULL OR c.erasure_version IS NOT NULL
        """,
        *key_columns(keys),
    )
    standings = Standings()
    for shop, customer_id, root, erased, *standing in rows:
        if root is not None:
            standings.roots[CustomerKey(shop, customer_id)] = CustomerKey(shop, root)
        if erased is not None:
            standings.erasures[CustomerKey(shop, erased)] = Standing(*standing)
    return standings


async def exclude_others(connection: WorkerConnection) -> None:
    """Keep groups that lock rows of their own out until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _MERGES)


async def hold_merges(connection: WorkerConnection, keys: Collection[CustomerKey]) -> Standings:
    """What customers are, for a group that locks rows of its own: no merge or erasure until the transaction ends.

    Two statements, because the second has to see what was committed while the first one waited.
    """
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _MERGES)
    return await standings_of(connection, keys)


async def lock_more(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Lock existing customers who were not known to be concerned: a circle's new root."""
    if keys:
        await connection.execute(
            """
            SELECT FROM customers c
            JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
            FOR NO KEY UPDATE OF c
            """,
            *key_columns(keys),
        )


async def save_aliases(connection: WorkerConnection, rows: Sequence[AliasRow]) -> None:
    """Store of whom customers are aliases. Nothing of an alias becomes due."""
    await connection.execute(
        """
        UPDATE customers c SET alias_of = w.alias_of, merged_into = w.root, merge_version = w.version,
            due_at = CASE WHEN w.root IS NULL THEN c.due_at END
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
            AS w(shop, customer_id, alias_of, root, version)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        [row.key.shop for row in rows],
        [row.key.customer_id for row in rows],
        [None if row.alias_of is None else row.alias_of.customer_id for row in rows],
        [None if row.root == row.key else row.root.customer_id for row in rows],
        [row.version for row in rows],
    )
