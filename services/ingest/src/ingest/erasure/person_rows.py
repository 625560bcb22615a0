"""All ids of one person."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey


class Identity(NamedTuple):
    """An id of a person. ``erasure_version`` is that of its latest erasure or readmission, ``profile_version`` that of
    its last published snapshot."""

    key: CustomerKey
    erased_at: datetime | None
    erased_by: UUID | None
    erasure_version: int
    profile_version: int


class Person(NamedTuple):
    """The root of a person, and all their ids, the root's first."""

    root: CustomerKey
    identities: list[Identity]

    @property
    def erasure(self) -> UUID | None:
        """The erasure that stands, if the person was erased."""
        return self.identities[0].erased_by if self.identities[0].erased_at is not None else None


async def load_person(connection: WorkerConnection, customer: CustomerKey) -> Person | None:
    """The person who has an id; None if nothing is known of them.

    Besides the root and its aliases these are guests who have not merged yet: the address of the guest was an account's
    of this person, and nobody else's. A guest who was split by hand is somebody else.
    """
    shop, id_ = customer
    rows = await connection.fetch(
        """
        WITH root AS (
            SELECT coalesce(
                (SELECT merged_into FROM customers WHERE shop = $1 AND customer_id = $2),
                (SELECT min(account) FROM (
                    SELECT DISTINCT coalesce(c.merged_into, a.customer_id) AS account
                    FROM account_addresses a LEFT JOIN customers c USING (shop, customer_id)
                    WHERE a.shop = $1 AND a.guest_id = $2) accounts
                 WHERE NOT EXISTS (
                    SELECT FROM customers WHERE shop = $1 AND customer_id = $2 AND merge_version IS NOT NULL)
                 HAVING count(*) = 1 AND min(account) <> ''),
                $2) AS id
        ), aliases AS (
            SELECT id FROM root
            UNION SELECT c.customer_id FROM root JOIN customers c ON c.shop = $1 AND c.merged_into = root.id
        ), ids AS (
            SELECT id FROM aliases
            UNION SELECT a.guest_id
            FROM aliases JOIN account_addresses a ON a.shop = $1 AND a.customer_id = aliases.id
            LEFT JOIN customers g ON g.shop = $1 AND g.customer_id = a.guest_id
            WHERE g.merge_version IS NULL AND NOT EXISTS (
                SELECT FROM account_addresses o LEFT JOIN customers m USING (shop, customer_id)
                WHERE o.shop = $1 AND o.guest_id = a.guest_id
                  AND coalesce(m.merged_into, o.customer_id) <> (SELECT id FROM root))
        )
        SELECT ids.id, ids.id = root.id AS is_root, c.erased_at, c.erased_by,
            coalesce(c.erasure_version, 0) AS erasure_version, coalesce(c.version, 0) AS version,
            c.customer_id IS NOT NULL
                OR EXISTS (SELECT FROM events e WHERE e.shop = $1 AND e.customer_id = ids.id) AS known
        FROM root CROSS JOIN ids LEFT JOIN customers c ON c.shop = $1 AND c.customer_id = ids.id
        ORDER BY is_root DESC, ids.id
        """,
        shop,
        id_,
    )
    if not rows[0]["known"]:
        return None
    identities = [
        Identity(
            CustomerKey(shop, row["id"]), row["erased_at"], row["erased_by"], row["erasure_version"], row["version"]
        )
        for row in rows
    ]
    return Person(identities[0].key, identities)


async def load_erased(connection: WorkerConnection, shop: str, erasure_id: UUID) -> list[Identity]:
    """The ids that an erasure, which stands, has erased."""
    rows = await connection.fetch(
        """
        SELECT c.customer_id, c.erased_at, c.erased_by, c.erasure_version, c.version
        FROM erasures e JOIN customers c USING (shop, customer_id)
        WHERE e.shop = $1 AND e.erasure_id = $2 AND c.erased_by = $2 AND c.erased_at IS NOT NULL
        ORDER BY c.customer_id
        """,
        shop,
        erasure_id,
    )
    return [Identity(CustomerKey(shop, row["customer_id"]), *row[1:]) for row in rows]
