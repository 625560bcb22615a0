"""Rows of snapshots: which shop's is due, and which process takes it."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from mandegar.database import WorkerConnection

# A process that does not renew its claim for so long has ended.
LEASE_SECONDS: Final = 300


class Standing(NamedTuple):
    """A shop with orders whose customers are all under the segments of ``generation``, and its last snapshot."""

    shop: str
    zone: str
    generation: int
    taken_generation: int | None
    taken_at: datetime | None


class Claim(NamedTuple):
    """What one process takes the snapshot of a shop under."""

    shop: str
    id: UUID


_STANDINGS: Final = """
    SELECT s.shop, s.zone, g.generation, t.generation, t.taken_at
    FROM shops s JOIN segment_shops g USING (shop) LEFT JOIN segment_snapshots t USING (shop)
    WHERE g.brought_generation >= g.generation AND (t.claimed_until > now()) IS NOT TRUE AND (
        t.generation IS NOT NULL
        OR EXISTS (SELECT FROM kpi_sums k WHERE k.shop = s.shop AND kind = 'ladder')
        OR EXISTS (SELECT FROM kpi_changes k WHERE k.shop = s.shop AND kind = 'ladder')
    ) ORDER BY s.shop
"""
_CLAIM: Final = """
    INSERT INTO segment_snapshots AS t (shop, claim, claimed_until) VALUES ($1, $2, now() + make_interval(secs => $3))
    ON CONFLICT (shop) DO UPDATE SET (claim, claimed_until) = (excluded.claim, excluded.claimed_until)
        WHERE t.claimed_until <= now() AND t.taken_at IS NOT DISTINCT FROM $4
    RETURNING true
"""
_RENEW: Final = """
    UPDATE segment_snapshots SET claimed_until = now() + make_interval(secs => $3) WHERE shop = $1 AND claim = $2
    RETURNING true
"""
_FINISH: Final = """
    UPDATE segment_snapshots t SET (claimed_until, generation, taken_at) = (now(), g.generation, $4)
    FROM segment_shops g
    WHERE t.shop = $1 AND claim = $2 AND g.shop = t.shop AND g.generation = $3
    RETURNING true
"""


async def standings(connection: WorkerConnection) -> list[Standing]:
    """The shops of which a snapshot could be taken now, and nobody takes it."""
    return [Standing(*row) for row in await connection.fetch(_STANDINGS)]


async def claim_snapshot(connection: WorkerConnection, standing: Standing) -> Claim | None:
    """Claim the next snapshot of a shop for a while; None if another process has, or has taken it meanwhile."""
    claim = Claim(standing.shop, uuid4())
    return claim if await connection.fetchval(_CLAIM, *claim, LEASE_SECONDS, standing.taken_at) else None


async def renew_claim(connection: WorkerConnection, claim: Claim, seconds: float = LEASE_SECONDS) -> bool:
    """Keep a claim for longer; False if it is another process's by now."""
    return bool(await connection.fetchval(_RENEW, *claim, seconds))


async def finish_snapshot(connection: WorkerConnection, claim: Claim, generation: int, taken_at: datetime) -> bool:
    """Put a snapshot in the place of the one before, which is deleted. False, and nothing is changed, if the claim is
    another process's, or other segments are in force by now.
    """
    if not await connection.fetchval(_FINISH, *claim, generation, taken_at):
        return False
    await connection.execute("DELETE FROM segment_snapshot_parts WHERE shop = $1", claim.shop)
    await connection.execute("DELETE FROM segment_snapshot_sums WHERE shop = $1", claim.shop)
    return True
