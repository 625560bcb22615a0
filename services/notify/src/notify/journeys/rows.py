"""The versions of shops' journeys that a transaction needs, the built-in ones among them."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from mandegar.database import Connection, WorkerConnection, as_json, columns, record_set
from mandegar.documents.rows import Version, share_lock, versions_between
from notify.domain.journey import Journey, switched_off
from notify.journeys.built_in import built_in_versions
from notify.journeys.document import JOURNEYS, journey_of, readable_journey


class JourneyKey(Struct, frozen=True):
    """Names one version of a shop's journey."""

    shop: str
    name: str
    version: int


VERSION = columns(Version)
KEYS = record_set(JourneyKey)


async def hold_journeys(connection: WorkerConnection, shops: Collection[str]) -> None:
    """Keep new versions of these shops' journeys out until the transaction ends.

    A version begins behind this lock, so every event recorded before it was applied without it, in a rebuild too.
    """
    await share_lock(connection, JOURNEYS, shops)


async def load_journeys(
    connection: Connection, shops: Collection[str], since: datetime, until: datetime
) -> dict[str, list[Journey]]:
    """Each shop's journeys: every version in force at some instant of a span, ascending by name and instant.

    A version that this release cannot read starts nothing.
    """
    journeys = {shop: [journey_of(version) for version in built_in_versions().values()] for shop in shops}
    for version in await versions_between(connection, JOURNEYS, shops, since, until):
        off = switched_off(version.name, version.version, version.effective_from)
        journeys[version.shop].append(readable_journey(version) or off)
    return journeys


async def load_versions(connection: Connection, keys: Collection[JourneyKey]) -> dict[JourneyKey, Journey]:
    """The journeys of these keys, as far as they exist and can be read.

    Sends from before shops had journeys carry version 1 of a built-in journey.
    """
    built_in, stored = built_in_versions(), await _stored_versions(connection, [key for key in keys if key.version])
    versions = {key: stored.get(key) or built_in.get(key.name) for key in keys}
    journeys = {key: readable_journey(version) for key, version in versions.items() if version is not None}
    return {key: journey for key, journey in journeys.items() if journey is not None}


async def _stored_versions(connection: Connection, keys: Collection[JourneyKey]) -> dict[JourneyKey, Version]:
    if not keys:
        return {}
    rows = await connection.fetch(
        f"""
        SELECT {VERSION} FROM journeys
            JOIN {KEYS} USING (shop, name, version)
        """,  # noqa: S608  the columns are ours
        as_json(list(keys)),
    )
    versions = [Version(*row) for row in rows]
    return {JourneyKey(version.shop, version.name, version.version): version for version in versions}


async def count_names(connection: Connection, shop: str) -> int:
    """How many journeys a shop has stored."""
    names: int = await connection.fetchval("SELECT count(DISTINCT name) FROM journeys WHERE shop = $1", shop)
    return names
