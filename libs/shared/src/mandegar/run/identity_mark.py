"""Marks a database with the identity key under which its ids were made, with a row of ``offsets``.

It has a keyed hash of a constant, which tells keys apart and does not tell the key. A service does not start with
another key: guests would become strangers, and withdrawals of consent would not be recognised.
"""

from hashlib import sha256
from hmac import digest

from mandegar.database import Connection, Pool, WorkerConnection, transaction
from mandegar.run.marks import put_mark

_LOCK = 773_002


class OtherIdentityKey(RuntimeError):
    """The identity key is not the one under which the ids of the database were made."""


def identity_of(identity_key: bytes) -> str:
    """Tells the identity key from others without naming it."""
    return digest(identity_key, b"a shop moves", sha256).hex()


async def stored_identity(connection: Connection, service: str) -> str | None:
    """Of which key the ids of the database are; None if the service has never started on it."""
    found: str | None = await connection.fetchval(
        "SELECT topic FROM offsets WHERE consumer_group = $1", identity_group(service)
    )
    return found


async def keep_identity(connection: WorkerConnection, service: str, identity: str) -> None:
    """Mark the database. Raises ``OtherIdentityKey`` if it has a shop, and the mark of another key."""
    await connection.execute("SELECT pg_advisory_xact_lock($1::bigint)", _LOCK)
    stored = await stored_identity(connection, service)
    if stored == identity:
        return
    if stored is not None and await connection.fetchval("SELECT EXISTS (SELECT FROM shops)"):
        raise OtherIdentityKey(
            f"MANDEGAR_IDENTITY_KEY is not the key under which the ids in the database of {service} were made: its "
            "guests would become strangers. Set it to that key, which must never change."
        )
    await put_mark(connection, identity_group(service), identity)


async def refuse_other_key(pool: Pool, service: str, identity_key: bytes) -> None:
    """Mark the database on the first start. Raises ``OtherIdentityKey`` on one with another key."""
    async with transaction(pool) as connection:
        await keep_identity(connection, service, identity_of(identity_key))


def identity_group(service: str) -> str:
    """The group in whose name the mark stands."""
    return f"{service}.identity-key"
