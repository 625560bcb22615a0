"""What was asked for, and the two programmes that it means."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from loyalty.comparing.request import Request, Stored, Zone
from loyalty.domain.programme import BEGINNING
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.word_rows import words_of
from loyalty.programme.zone_rows import zones_of_shop
from loyalty.replays.rows import any_command
from mandegar.database import Connection
from mandegar.documents.rows import documents_of, heads_of_shops
from mandegar.jobs.run import NotComputable
from mandegar.kafka.broker import Broker
from mandegar.quantities import to_us
from mandegar.shops import load_shops


class Asked(Struct, frozen=True, omit_defaults=True):
    """A programme to compare: a document, or a stored version. ``against`` is another stored version; without one it is
    compared with what was in force. It is in force from ``from_`` on, without one always. ``words`` of the document are
    published in another form.
    """

    document: str | None = None
    version: int | None = None
    against: int | None = None
    from_: datetime | None = None
    value_per_point: Decimal | None = None
    words: dict[str, str] = {}


async def request_of(
    connection: Connection, shop_id: str, asked: Asked, broker: Broker, prefix: str, partitions: int, now: datetime
) -> Request:
    """What the child process is asked. Raises ``NotComputable`` for a version that was withdrawn since."""
    shop = (await load_shops(connection, [shop_id]))[shop_id]
    heads = await heads_of_shops(connection, PROGRAMMES, [shop_id])
    documents = await documents_of(connection, PROGRAMMES, heads)
    history = [
        Stored(head.version, to_us(head.effective_from), document, to_us(head.created_at))
        for head, document in zip(heads, documents, strict=True)
    ]
    since = BEGINNING if asked.from_ is None else to_us(asked.from_)
    after = asked.document if asked.document is not None else _document(history, asked.version)
    before = history if asked.against is None else _from(history, since, _document(history, asked.against))
    return Request(
        shop=shop_id,
        broker=broker,
        prefix=prefix,
        partitions=partitions,
        currency=shop.currency,
        zones=[Zone(to_us(begin), zone) for zone, begin in await zones_of_shop(connection, shop_id)],
        points_from=None if shop.points_from is None else to_us(shop.points_from),
        commands=await any_command(connection, shop_id),
        before=before,
        after=_from(history, since, after),
        now=to_us(now),
        since=since,
        words=(await words_of(connection, [shop_id]))[shop_id] | asked.words,
        value_per_point=asked.value_per_point,
    )


def _from(history: Sequence[Stored], since: int, document: str) -> list[Stored]:
    """The history until an instant, and a document from then on.

    The document that is in force then goes on as it is; any other one pays acts whenever they happened.
    """
    number = max([stored.version for stored in history], default=0) + 1
    until = [stored for stored in history if stored.effective_from <= since]
    replaced = until[-1] if until else history[0] if history else None
    stored_at = replaced.stored_at if replaced is not None and replaced.document == document else None
    before = [stored for stored in history if stored.effective_from < since]
    return [*before, Stored(number, since, document, stored_at)]


def _document(history: Sequence[Stored], version: int | None) -> str:
    for stored in history:
        if stored.version == version:
            return stored.document
    raise NotComputable(f"version {version} of the programme was withdrawn")
