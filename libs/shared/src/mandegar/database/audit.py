"""The audit: who did what through a route. A line is written in the transaction of its effect and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mandegar.database.rows import as_json

if TYPE_CHECKING:
    from mandegar.database.pool import Connection, Row, WriteConnection

DONE = "done"


@dataclass(slots=True)
class Act:
    """What a caller does through a route. ``shop`` and ``target`` may be completed until the transaction ends.

    ``key_id`` names the key that signed the token; ``subject`` is the customer of a browser's token, in the canonical
    form. ``address`` is the peer's, and None for a customer. No field contains a secret or the body of a request.
    """

    shop: str
    key_id: str
    subject: str | None
    action: str
    target: str
    address: str | None = None
    request_id: str | None = None


async def write_act(connection: "WriteConnection", act: Act, result: str = DONE, times: int = 1) -> None:
    """Insert one line; ``result`` is ``done`` or a problem's code, ``times`` how many attempts the line stands for."""
    await connection.execute(
        """
        INSERT INTO audit (shop, key_id, subject, action, target, address, request_id, result, times)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        act.shop,
        act.key_id,
        act.subject,
        act.action,
        act.target,
        act.address,
        act.request_id,
        result,
        times,
    )


async def write_acts(connection: "WriteConnection", acts: Sequence[Act]) -> None:
    """Insert a line for each of some acts that were done, in one statement."""
    if acts:
        await connection.execute(
            """
            INSERT INTO audit (shop, key_id, subject, action, target, address, request_id, result, times)
            SELECT shop, key_id, subject, action, target, address, request_id, $2, 1 FROM json_to_recordset($1::json)
                AS w(shop text, key_id text, subject text, action text, target text, address text, request_id text)
            """,
            as_json(acts),
            DONE,
        )


async def newest_acts(
    connection: "Connection", *, shop: str | None, action: str | None, before: tuple[datetime, int] | None, limit: int
) -> "Sequence[Row]":
    """Lines of one shop, or of all, newest first."""
    return await connection.fetch(
        """
        SELECT id, at, shop, key_id, subject, action, target, address, request_id, result, times FROM audit
        WHERE ($1::text IS NULL OR shop = $1) AND ($2::text IS NULL OR action = $2)
            AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4))
        ORDER BY at DESC, id DESC LIMIT $5
        """,
        shop,
        action,
        *(before or (None, None)),
        limit,
    )


async def acts_between(
    connection: "Connection", *, shop: str | None, after: tuple[datetime, int], until: datetime, limit: int
) -> "Sequence[Row]":
    """Lines of one shop, or of all, behind ``after`` and before ``until``, oldest first."""
    return await connection.fetch(
        """
        SELECT id, at, shop, key_id, subject, action, target, address, request_id, result, times FROM audit
        WHERE ($1::text IS NULL OR shop = $1) AND (at, id) > ($2::timestamptz, $3::bigint) AND at < $4
        ORDER BY at, id LIMIT $5
        """,
        shop,
        *after,
        until,
        limit,
    )


async def expire_acts(connection: "WriteConnection") -> int:
    """Delete a part of the lines whose retention has ended, which the function of the database knows."""
    deleted: int = await connection.fetchval("SELECT expire_audit()")
    return deleted
