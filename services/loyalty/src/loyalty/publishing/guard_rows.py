"""Rows of the replays that look at guards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import json

from loyalty.replays.kind import GUARD
from mandegar.database import Connection
from mandegar.documents.kind import DocumentKind
from mandegar.documents.rows import version_in_force


class Look(NamedTuple):
    """A replay that looks at guards; ``findings`` is None until it is done."""

    replay_id: UUID
    status: str
    created_at: datetime
    findings: Sequence[dict[str, Any]] | None

    @property
    def broken(self) -> bool | None:
        """Whether a guard is broken; None: not known."""
        return None if self.findings is None else any(each["broken"] for each in self.findings)


async def latest_look(connection: Connection, shop: str, document: str, since: datetime) -> Look | None:
    """The latest look at the guards of a document since an instant."""
    row = await connection.fetchrow(
        """
        SELECT replay_id, status, created_at, result FROM replays
        WHERE shop = $1 AND purpose = $2 AND created_at > $3 AND request::json ->> 'document' = $4
        ORDER BY created_at DESC LIMIT 1
        """,
        shop,
        GUARD,
        since,
        document,
    )
    if row is None:
        return None
    findings = json.decode(row["result"])["guards"] if row["status"] == "done" else None
    # Without any finding the document could not be read: nothing is known of its guards.
    return Look(row["replay_id"], row["status"], row["created_at"], findings or None)


async def is_in_force(connection: Connection, kind: DocumentKind, shop: str, document: str, at: datetime) -> bool:
    """Whether a document is in force at an instant."""
    version = await version_in_force(connection, kind, shop, at)
    return version is not None and version.document == document


async def knows_customers(connection: Connection, shop: str) -> bool:
    """Whether anything is known of any customer: else there is nothing to look at."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM customers WHERE shop = $1)", shop))
