"""Versions of a document: which one is in force, and storing the next one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from mandegar.clock import Clock
from mandegar.database import WorkerConnection, WriteConnection
from mandegar.documents.kind import DocumentKind
from mandegar.documents.rows import (
    BEGINNING,
    Version,
    count_coming,
    insert_version,
    newest_version,
    record_progress,
    take_lock,
)

# Every answer contains all of them, and a service may load them for every batch.
COMING_MAX = 10


class Stored(NamedTuple):
    """The newest version of a document, and whether it is ``new`` or was stored before."""

    version: Version
    new: bool


class VersionRefused(ValueError):
    """The version may not take effect when it asks to. ``code`` is stable; ``extra`` are members of the answer."""

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.code, self.detail, self.extra = code, detail, extra


def built_in(shop: str, document: str, name: str = "") -> Version:
    """Version 0, in force from the beginning of time until a shop stores a version of its own."""
    return Version(shop, name, 0, BEGINNING, document, BEGINNING)


def in_force(versions: Sequence[Version], at: datetime) -> Version | None:
    """The version in force at an instant. ``versions`` of one document ascend by ``effective_from``."""
    return next((version for version in reversed(versions) if version.effective_from <= at), None)


async def store_version(
    connection: WriteConnection,
    kind: DocumentKind,
    shop: str,
    document: str,
    *,
    clock: Clock,
    effective_from: datetime | None = None,
    name: str = "",
    may_begin_in_the_past: Callable[[], Awaitable[bool]] | None = None,
) -> Stored:
    """Store ``document``, which was read without errors, as the next version from ``effective_from`` (default: now).

    The text and instant of the newest version are stored once. Raises ``VersionRefused`` if the version would begin
    before an earlier one, in the past where that is not allowed, or after ``COMING_MAX`` others to come.
    """
    await take_lock(connection, kind, shop)
    now = clock.now()  # read under the lock, so that it is after ``effective_from`` of a version stored meanwhile
    newest = await newest_version(connection, kind, shop, name)
    if newest and newest.document == document and effective_from in {None, newest.effective_from}:
        return Stored(newest, new=False)
    begins = effective_from or now
    if begins < now and not (may_begin_in_the_past and await may_begin_in_the_past()):
        raise VersionRefused("too_late", f"This {kind.noun} cannot take effect in the past")
    if newest and begins <= newest.effective_from:
        after = newest.effective_from
        raise VersionRefused("too_early", f"A {kind.noun} must take effect after its previous version", after=after)
    if begins > now and await count_coming(connection, kind, shop, now, name) >= COMING_MAX:
        raise VersionRefused("too_many", f"A {kind.noun} has at most {COMING_MAX} versions that take effect later")
    version = Version(shop, name, newest.version + 1 if newest else 1, begins, document, now)
    await insert_version(connection, kind, version)
    return Stored(version, new=True)


async def restore_version(connection: WorkerConnection, kind: DocumentKind, version: Version, now: datetime) -> None:
    """Store a version that was published before, for a rebuild, which recomputes the customers itself."""
    await insert_version(connection, kind, version)
    if kind.recomputed:
        await record_progress(connection, kind, (version.shop, version.name, version.version), to=None, now=now)
