"""Sends of aliases, as merges move them to the roots."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from mandegar.customers.rows_follow import merge_columns
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from notify.domain.journey import ABOUT_BANDS


class BandsOver(NamedTuple):
    """That the customer is in no band below ``version`` but ``band``: of sends started under ``alias``, or of all."""

    shop: str
    customer_id: str
    alias: str | None
    version: int
    band: str | None


async def load_large(
    connection: WorkerConnection, merged: Sequence[tuple[CustomerKey, CustomerKey]], most: int
) -> set[CustomerKey]:
    """The roots who would be given more than ``most`` sends; no more than that are counted of an alias."""
    rows = await connection.fetch(
        """
        SELECT w.shop, w.root
        FROM unnest($1::text[], $2::text[], $3::text[]) AS w(shop, alias, root)
            CROSS JOIN LATERAL (
                SELECT FROM sends s WHERE s.shop = w.shop AND s.customer_id = w.alias LIMIT $4 + 1) AS counted
        GROUP BY w.shop, w.root HAVING count(*) > $4
        """,
        *merge_columns(merged),
        most,
    )
    return {CustomerKey(*row) for row in rows}


async def move_sends(
    connection: WorkerConnection, merged: Sequence[tuple[CustomerKey, CustomerKey]], now: datetime
) -> None:
    """Give the sends of aliases to their roots, and forget the bands of aliases.

    A send about a band that is not decided keeps what it is worth: the version of the band is moved to where it is to
    those of the root as it was to those of the alias, because both count for themselves.
    """
    await connection.execute(
        """
        WITH merged AS (
            SELECT w.shop, w.alias, w.root, a.band_left_version AS alias_left, r.band_left_version AS root_left
            FROM unnest($1::text[], $2::text[], $3::text[]) AS w(shop, alias, root)
                JOIN customers a ON a.shop = w.shop AND a.customer_id = w.alias
                JOIN customers r ON r.shop = w.shop AND r.customer_id = w.root
        ), forgotten AS (
            UPDATE customers c SET band_left_version = 0 FROM merged m
            WHERE c.shop = m.shop AND c.customer_id = m.alias AND c.band_left_version > 0
        )
        UPDATE sends s SET customer_id = m.root, started_as = coalesce(s.started_as, s.customer_id), merged_at = $4,
            payload = CASE WHEN s.state IN ('ready', 'sending', 'unknown') AND s.cause_type = ANY($5)
                THEN s.payload || jsonb_build_object('version', CASE
                    WHEN (s.payload ->> 'version')::bigint < m.alias_left THEN -1
                    ELSE greatest((s.payload ->> 'version')::bigint, m.root_left) END)
                ELSE s.payload END
        FROM merged m WHERE s.shop = m.shop AND s.customer_id = m.alias
        """,
        *merge_columns(merged),
        now,
        sorted(ABOUT_BANDS),
    )


async def end_bands(connection: WorkerConnection, over: Sequence[BandsOver]) -> None:
    """Move the bands of undecided sends that are over to before the first. Who is won back is healthy."""
    await connection.execute(
        """
        UPDATE sends s SET payload = s.payload || '{"version": -1}'
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
            AS w(shop, customer_id, alias, version, band)
        WHERE s.shop = w.shop AND s.customer_id = w.customer_id
            AND (w.alias IS NULL OR coalesce(s.started_as, s.customer_id) = w.alias)
            AND (w.band IS NULL OR coalesce(s.payload ->> 'band', 'healthy') <> w.band)
            AND s.state IN ('ready', 'sending', 'unknown') AND s.cause_type = ANY($6)
            AND (s.payload ->> 'version')::bigint < w.version
        """,
        *(list(column) for column in zip(*over, strict=True)),
        sorted(ABOUT_BANDS),
    )
