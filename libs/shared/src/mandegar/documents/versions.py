"""Versions of a document: which one is in force, and storing the next one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from mandegar.clock import Clock
from mandegar.database import WorkerConnection, WriteConnection
from mandegar.documents.kind import DocumentKind
from mandegar.documents.rows import (
    BEGINNING,
    Counts,
    Version,
    count_versions,
    insert_version,
    next_begin,
    record_progress,
    record_withdrawal,
    take_lock,
    version_in_force,
    version_numbered,
)

# Every answer contains all of them, and a service may load them for every batch.
COMING_MAX = 10
AHEAD_MAX = timedelta(days=731)
_DAY = timedelta(days=1)


# Whether nothing was decided under a version (by its number) from an instant on, until another one (None: until now).
IsUnused: TypeAlias = Callable[[int, datetime, datetime | None], Awaitable[bool]]


class Stored(NamedTuple):
    """A version of a document, and whether it is ``new`` or was stored before."""

    version: Version
    new: bool


class VersionRefused(ValueError):
    """The version may not be stored or withdrawn. ``status`` and ``code`` are those of the answer, ``extra`` its
    further members; after ``retry_after`` it may be tried again.
    """

    def __init__(
        self, code: str, detail: str, *, status: int = 422, retry_after: timedelta | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.status, self.retry_after, self.extra = code, detail, status, retry_after, extra


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
    is_unused: IsUnused | None = None,
) -> Stored:
    """Store ``document``, which was read without errors, as the version from ``effective_from`` (default: now) on.

    It is in force until the next version, which may have been stored before. The text that is in force already, or
    that begins at the same instant, is stored once. Raises ``VersionRefused`` if the version would begin together with
    another one, in the past where ``is_unused`` does not allow it, too far ahead, or after too many others.
    """
    await take_lock(connection, kind, shop)
    now = clock.now()  # read under the lock, so that it is after ``effective_from`` of a version stored meanwhile
    begins = effective_from or now
    previous = await version_in_force(connection, kind, shop, begins, name)
    if previous and previous.document == document and effective_from in {None, previous.effective_from}:
        return Stored(previous, new=False)
    if previous and previous.effective_from == begins:
        detail = f"Version {previous.version} of this {kind.noun} takes effect at this instant"
        raise VersionRefused("same_instant", f"{detail}; withdraw it, or choose another instant")
    if begins < now:
        end = await next_begin(connection, kind, shop, begins, name)
        if is_unused is None or not await is_unused(previous.version if previous else 0, begins, end):
            raise VersionRefused("too_late", f"This {kind.noun} cannot take effect in the past")
    if begins > now + AHEAD_MAX:
        raise VersionRefused("too_far", f"A {kind.noun} must take effect within {AHEAD_MAX.days} days")
    counts = await count_versions(connection, kind, shop, name, now=now, since=now - _DAY)
    _require_room(kind, counts, now, comes=begins > now)
    version = Version(shop, name, counts.number + 1, begins, document, now)
    await insert_version(connection, kind, version)
    return Stored(version, new=True)


def _require_room(kind: DocumentKind, counts: Counts, now: datetime, *, comes: bool) -> None:
    if comes and counts.coming >= COMING_MAX:
        raise VersionRefused("too_many", f"A {kind.noun} has at most {COMING_MAX} versions that take effect later")
    if counts.stored >= kind.versions_max:
        detail = f"A shop stores at most {kind.versions_max} versions of {kind.table}"
        raise VersionRefused("too_many_versions", detail, status=409)
    if counts.recent >= kind.per_day_max:
        detail = f"A shop stores at most {kind.per_day_max} versions of {kind.table} within 24 hours"
        retry_after = (counts.recent_since or now) + _DAY - now
        raise VersionRefused("too_often", detail, status=429, retry_after=retry_after)


async def withdraw_version(
    connection: WriteConnection,
    kind: DocumentKind,
    shop: str,
    number: int,
    *,
    clock: Clock,
    name: str = "",
    is_unused: IsUnused | None = None,
) -> Version | None:
    """Withdraw a version that is still to come, or that has taken effect unused; None if it was withdrawn before.

    Raises ``VersionRefused`` if there is no such version, or if it has taken effect and may have been used.
    """
    await take_lock(connection, kind, shop)
    now = clock.now()
    found = await version_numbered(connection, kind, shop, name, number)
    if found is None:
        raise VersionRefused("unknown_version", f"There is no such version of this {kind.noun}", status=404)
    version, withdrawn = found
    if withdrawn:
        return None
    if version.effective_from <= now and not (
        is_unused
        and await is_unused(
            number, version.effective_from, await next_begin(connection, kind, shop, version.effective_from, name)
        )
    ):
        detail = f"This version of the {kind.noun} has taken effect; store another one to replace it"
        raise VersionRefused("in_force", detail, status=409)
    await record_withdrawal(connection, kind, (shop, name, number), now)
    return version


async def restore_version(connection: WorkerConnection, kind: DocumentKind, version: Version, now: datetime) -> None:
    """Store a version that was published before, for a rebuild, which recomputes the customers itself."""
    await insert_version(connection, kind, version)
    if kind.recomputed:
        await record_progress(connection, kind, (version.shop, version.name, version.version), to=None, now=now)
