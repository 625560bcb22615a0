"""The journeys of shops."""

from collections.abc import Collection
from typing import NamedTuple

from mandegar.database import Connection
from notify.domain.journey import Journey, Journeys
from notify.journeys.built_in import built_in


class JourneyKey(NamedTuple):
    """Names one version of a shop's journey."""

    shop: str
    name: str
    version: int


async def load_journeys(connection: Connection, shops: Collection[str]) -> dict[str, Journeys]:  # noqa: ARG001
    """The journeys of each shop."""
    return {shop: Journeys(tuple(built_in().values())) for shop in shops}


async def load_versions(connection: Connection, keys: Collection[JourneyKey]) -> dict[JourneyKey, Journey]:  # noqa: ARG001
    """These versions of journeys, as far as they exist."""
    return {key: built_in()[key.name] for key in keys if key.name in built_in()}
