"""Rows of referrals that settling an account reads and writes: whose a code is, and what became of a referral."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mandegar.database import Connection, ReadConnection, WorkerConnection, as_json, record_set
from mandegar.events import CustomerKey


class Code(Struct, frozen=True):
    """A code of a shop."""

    shop: str
    code_id: str


class StateOfReferral(Struct, frozen=True):
    """The columns of ``referrals`` that follow from the friend's account. ``rewarded_at``: since then it earns."""

    shop: str
    referral_id: UUID
    state: str
    reasons: Sequence[str]
    claimed_at: datetime
    due_at: datetime | None
    rewarded_at: datetime | None
    told: int


_FACTS = r"SELECT order_id, facts FROM orders WHERE shop = $1 AND customer_id = $2 AND order_id LIKE E'ref\x1f%'"
_SEED = "SELECT seed FROM referral_codes WHERE shop = $1 AND customer_id = $2 ORDER BY issued_at, code_id LIMIT 1"
_OWNERS = f"SELECT shop, code_id, customer_id FROM referral_codes JOIN {record_set(Code)} USING (shop, code_id)"  # noqa: S608
_SAVE = f"""
    UPDATE referrals r SET state = w.state, reasons = w.reasons, claimed_at = w.claimed_at, due_at = w.due_at,
        rewarded_at = w.rewarded_at, told = w.told
    FROM {record_set(StateOfReferral)} WHERE (r.shop, r.referral_id) = (w.shop, w.referral_id)
"""  # noqa: S608


async def owners_of(connection: Connection, codes: Collection[Code]) -> dict[tuple[str, str], CustomerKey]:
    """Whose codes these are, by shop and code; nobody's are left out."""
    rows = await connection.fetch(_OWNERS, as_json([*codes]))
    return {(shop, code_id): CustomerKey(shop, customer_id) for shop, code_id, customer_id in rows}


async def save_states_of_referrals(connection: WorkerConnection, rows: Sequence[StateOfReferral]) -> None:
    """Write what became of referrals, one row each."""
    await connection.execute(_SAVE, as_json(rows))


async def seed_of(connection: ReadConnection, key: CustomerKey) -> UUID | None:
    """What the code of a customer follows from; of several, which aliases had, the first that was issued."""
    seed: UUID | None = await connection.fetchval(_SEED, *key)
    return seed


async def facts_of_referrals(connection: ReadConnection, key: CustomerKey) -> list[tuple[str, str]]:
    """Of a customer what is kept of referrals: ids and facts."""
    rows = await connection.fetch(_FACTS, *key)
    return [(row["order_id"], row["facts"]) for row in rows]
