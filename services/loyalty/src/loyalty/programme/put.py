"""Putting a new version of a shop's programme among the others."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from loyalty.domain.programme import Programme
from loyalty.programme.document import PROGRAMMES, check_programme, mark_of
from loyalty.programme.draw_dues import draws_held, look_at_draws
from loyalty.programme.events import programme_event
from loyalty.programme.rows import unused_in
from loyalty.programme.word_rows import insert_words
from mandegar.calendar import shop_days
from mandegar.clock import Clock
from mandegar.database import ShopConnection
from mandegar.documents.nodes import InvalidDocument, LineError, read_nodes
from mandegar.documents.versions import AHEAD_MAX, Stored, store_version
from mandegar.events import encode
from mandegar.events.identity import opaque_word
from mandegar.outbox import write_outbox
from mandegar.outbox.refusals import ROW_BYTES_MAX
from mandegar.quantities import from_us, to_us
from mandegar.shops import Shop

_TOO_MANY_WORDS = (
    "the document names too many products and categories that do not look like ids: name fewer, or divide them into "
    "categories"
)


async def put_programme(
    connection: ShopConnection, shop: Shop, document: str, effective_from: datetime | None, clock: Clock, *, key: bytes
) -> Stored:
    """Store and publish a version of the shop's programme; the same text again is no new version.

    ``key`` makes the hashes of words that are published so. Raises ``InvalidDocument`` and ``VersionRefused``.
    """
    new = read_new(shop, document, effective_from, clock.now(), key=key)
    _refuse_used_names(new.programme, document, await draws_held(connection, shop.shop))
    await look_at_draws(connection, [shop.shop])
    stored = await store_version(
        connection,
        PROGRAMMES,
        shop.shop,
        document,
        clock=clock,
        effective_from=effective_from,
        is_unused=unused_in(connection, shop.shop),
    )
    if stored.new:
        event = programme_event(stored.version, words=new.words)
        if len(encode(event)) > ROW_BYTES_MAX:  # only with tens of thousands of words and their spellings
            raise InvalidDocument([LineError(1, _TOO_MANY_WORDS)])
        await insert_words(connection, shop.shop, new.words)
        await write_outbox(connection, [event])
    return stored


class New(NamedTuple):
    """A programme that is to be stored, and the words of its document that are published in another form.

    Other spellings of them stand there behind the mark of the document.
    """

    programme: Programme
    words: dict[str, str]


def read_new(shop: Shop, document: str, effective_from: datetime | None, now: datetime, *, key: bytes) -> New:
    """The programme in a new document. Raises ``InvalidDocument``."""
    words: dict[str, str] = {}
    mark = mark_of(document)

    def published(word: str, mark: str = "") -> str:
        hashed = opaque_word(word, shop=shop.shop, key=key)
        if hashed != word:
            words[mark + word] = hashed
        return hashed

    zone = shop_days(shop.zone)
    begin = zone.day_of(to_us(_within_years(effective_from, now)))
    programme = check_programme(
        document,
        currency=shop.currency,
        zone=zone,
        begin=begin,
        published=published,
        spelt=lambda spelling: published(spelling, mark),
    )
    return New(programme, words)


def _within_years(effective_from: datetime | None, now: datetime) -> datetime:
    """When the version begins, as far as its dates can tell: what lies too far is refused later."""
    return now if effective_from is None else max(min(effective_from, now + AHEAD_MAX), now - AHEAD_MAX)


def _refuse_used_names(programme: Programme, document: str, held: Mapping[str, datetime]) -> None:
    """Refuse a draw whose name was drawn at another end: a name is drawn once. Raises ``InvalidDocument``."""
    rules = () if programme.acts is None else programme.acts.rules
    dated = [(rule.name, rule.draw) for rule in rules if rule.draw is not None]
    used = [
        (("draws", place, "name"), f"draws.{place}.name: {name} was drawn on {held[name]:%Y-%m-%d}; take another name")
        for place, (name, draw) in enumerate(dated)
        if not draw.each and name in held and held[name] != from_us(draw.end)
    ]
    if used:
        lines = read_nodes(document).lines
        raise InvalidDocument([LineError(lines.get(path, 1), message) for path, message in used])
