"""Profiles of customers. The caller has locked the rows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from ingest.domain.profile import Profile, read_profile
from mandegar.database import WorkerConnection, key_columns
from mandegar.events import CustomerKey


class StoredProfile(NamedTuple):
    """A profile and the version of its last published snapshot."""

    version: int
    profile: Profile


async def load_profiles(connection: WorkerConnection, keys: Sequence[CustomerKey]) -> dict[CustomerKey, StoredProfile]:
    """The profiles of customers; those without a row are missing."""
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, version, profile
        FROM customers JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        """,
        *key_columns(keys),
    )
    return {
        CustomerKey(row["shop"], row["customer_id"]): StoredProfile(row["version"], read_profile(row["profile"]))
        for row in rows
    }


async def save_profiles(connection: WorkerConnection, changed: Mapping[CustomerKey, StoredProfile]) -> None:
    """Update profiles and versions."""
    if not changed:
        return
    await connection.execute(
        """
        UPDATE customers c SET version = w.version, profile = w.profile::jsonb
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) AS w(shop, customer_id, version, profile)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        *key_columns(changed),
        [stored.version for stored in changed.values()],
        [orjson.dumps(stored.profile.document).decode() for stored in changed.values()],
    )
