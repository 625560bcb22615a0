"""The catalogue in force of a shop, compiled once a process for each version and zone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from cachetools import LRUCache

from loyalty.domain.rewards import Reward
from loyalty.rewards.document import CATALOGUES, read_catalogue
from mandegar.calendar import shop_days
from mandegar.database import Connection
from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.rows import Head, documents_of, heads_of_shops
from mandegar.shops import Shop
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

COMPILED_MAX = 1_000


class Catalogue(NamedTuple):
    """The rewards of a version; version 0 is the built-in one, without rewards."""

    version: int
    rewards: tuple[Reward, ...]

    def named(self, name: str) -> Reward | None:
        """The reward of that name, if the version has it."""
        return next((reward for reward in self.rewards if reward.name == name), None)


EMPTY = Catalogue(0, ())


async def catalogue_at(connection: Connection, shop: Shop, now: datetime) -> Catalogue:
    """The catalogue in force at an instant.

    Of versions that this release cannot read the newest readable one before is in force.
    """
    heads = await heads_of_shops(connection, CATALOGUES, [shop.shop])
    for head in _until(heads, now):
        key = (head, shop.currency, shop.zone)
        if key not in _compiled():
            [text] = await documents_of(connection, CATALOGUES, [head])
            _compiled()[key] = _readable(head, text, shop)
        compiled = _compiled()[key]
        if compiled is not None:
            return compiled
    return EMPTY


def known_catalogue(heads: Sequence[Head], currency: str, zone: str, now: datetime) -> Catalogue | None:
    """The catalogue in force among some versions; None if this process has not read it yet."""
    for head in _until(heads, now):
        if (key := (head, currency, zone)) not in _compiled():
            return None
        if (catalogue := _compiled()[key]) is not None:
            return catalogue
    return EMPTY


def _until(heads: Sequence[Head], now: datetime) -> Iterator[Head]:
    return (head for head in reversed(heads) if head.effective_from <= now)


def _readable(head: Head, text: str, shop: Shop) -> Catalogue | None:
    try:
        document = read_catalogue(text, currency=shop.currency).model
    except InvalidDocument as error:
        log.error("catalogue_unreadable", shop=head.shop, version=head.version, error=str(error))  # noqa: TRY400
        metrics.DOCUMENTS_UNREADABLE.labels(CATALOGUES.noun).inc()
        return None
    return Catalogue(head.version, document.compiled(shop_days(shop.zone)))


@cache
def _compiled() -> LRUCache[tuple[Head, str, str], Catalogue | None]:
    """Compiled versions, by version, currency and zone."""
    return LRUCache(COMPILED_MAX)
