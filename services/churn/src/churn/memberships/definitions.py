"""The segments of a shop as batches read them: compiled once for each state of all its segments."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from cachetools import LRUCache
from orjson import loads

from churn.domain.segments.conditions import Condition, compiled
from churn.domain.segments.facts import Lines
from churn.memberships.built_in import built_in_documents
from churn.memberships.document import read_segment
from mandegar.database import Connection, Row
from mandegar.documents.nodes import InvalidDocument
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

SHOPS_MAX: Final = 1024


class Definition(NamedTuple):
    """A version of a segment. Version 0 is built in. ``publish``: its crossings are published.

    ``generation`` is the first of the shop in which it is in force; with ``announced`` the customers whom it brings in
    or out are published, too.
    """

    name: str
    version: int
    description: str
    publish: bool
    generation: int
    announced: bool
    condition: Condition


class Definitions(NamedTuple):
    """All segments of a shop, in one generation, which began at ``changed_at``. ``brought``: every customer was brought
    under them."""

    generation: int
    brought: bool
    lines: Lines
    segments: tuple[Definition, ...]
    sources: frozenset[str]
    changed_at: datetime


# Of a shop whose segments were not opened yet.
NONE: Final = Definitions(0, False, Lines(), (), frozenset(), datetime.min.replace(tzinfo=UTC))


class StoredSegment(NamedTuple):
    """A row of a segment with a document."""

    name: str
    version: int
    document: str
    generation: int
    announced: bool


# By the token of a generation: what it names never changes.
_COMPILED: Final[LRUCache[UUID, tuple[Definition, ...]]] = LRUCache(SHOPS_MAX)


async def load_definitions(connection: Connection, shops: Collection[str]) -> dict[str, Definitions]:
    """The segments of those shops that have any; documents are read only of generations that are new here."""
    rows = await connection.fetch(
        """
        SELECT s.shop, s.generation, s.brought_generation >= s.generation AS brought, s.token, s.often, s.middle,
            s.high, s.changed_at, CASE WHEN s.token <> ALL($2::uuid[]) THEN (
                SELECT coalesce(json_agg(json_build_array(
                    g.name, g.version, g.document, g.generation, g.announced)), '[]')::text
                FROM segments g WHERE g.shop = s.shop AND g.document IS NOT NULL) END AS stored
        FROM segment_shops s WHERE s.shop = ANY($1::text[])
        """,
        list(shops),
        list(_COMPILED),
    )
    return {row["shop"]: _definitions_of(row) for row in rows}


def _definitions_of(row: Row) -> Definitions:
    segments = _COMPILED.get(row["token"])
    if segments is None:
        segments = _COMPILED[row["token"]] = tuple(_compile(row["shop"], _stored(row["stored"])))
    often, middle, high = row["often"], row["middle"], row["high"]
    lines = Lines() if often is None else Lines(often, middle, high)
    sources = frozenset(source for segment in segments for source in segment.condition.sources)
    return Definitions(row["generation"], row["brought"], lines, segments, sources, row["changed_at"])


def _stored(documents: str) -> list[StoredSegment]:
    return [StoredSegment(*each) for each in loads(documents)]


def _compile(shop: str, stored: Iterable[StoredSegment]) -> Iterable[Definition]:
    """The built-in segments, those that the shop has written, and these alone under a name that both have."""
    own = {each.name: each for each in stored}
    for name, document in built_in_documents().items():
        if name not in own:
            yield definition_of(StoredSegment(name, 0, document, 0, announced=False))
    for segment in own.values():
        try:
            yield definition_of(segment)
        except InvalidDocument as error:  # an earlier release has stored it: that must not end the batches of others
            metrics.DOCUMENTS_UNREADABLE.labels("segment").inc()
            key = {"shop": shop, "segment": segment.name, "version": segment.version}
            log.error("segment_unreadable", **key, error=str(error))  # noqa: TRY400  the text says it all


def definition_of(stored: StoredSegment) -> Definition:
    """The segment in a document; raises ``InvalidDocument``."""
    description, publish, condition = read_segment(stored.document)
    return Definition(
        stored.name,
        stored.version,
        description,
        publish,
        stored.generation,
        stored.announced,
        compiled(condition),
    )
