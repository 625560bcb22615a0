"""Which acts concern loyalty: those that a rule of their shop is about. Nothing is kept of the others."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from cachetools import LRUCache

from loyalty.programme.document import PROGRAMMES, types_of_acts
from loyalty.programme.rows import COMPILED_MAX, DOCUMENTS_AT_ONCE
from mandegar.database import WorkerConnection
from mandegar.documents.rows import Head, documents_of, heads_of_shops, share_lock
from mandegar.events import Event


async def heeded(events: Sequence[Event], connection: WorkerConnection) -> Sequence[Event]:
    """Those of the acts that happened since a version was stored which has a rule about their type.

    Also such versions count as are to come, or were followed by others: any of them may be withdrawn. The lock keeps a
    version from being stored meanwhile, so what is not kept happened before it was.
    """
    shops = {event.shop for event in events}
    await share_lock(connection, PROGRAMMES, shops)
    since: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    heads = await heads_of_shops(connection, PROGRAMMES, shops)
    await _read_missing(connection, heads)
    for head in heads:
        for type_ in _types()[head]:
            since[head.shop, type_].append(head.created_at)
    if not since:
        return ()
    return [event for event in events if any(at <= event.time for at in since.get((event.shop, event.type), ()))]


async def _read_missing(connection: WorkerConnection, heads: Sequence[Head]) -> None:
    """Read the documents of versions that this process has not read yet, some at a time."""
    types = _types()
    missing = [head for head in heads if head not in types]
    for place in range(0, len(missing), DOCUMENTS_AT_ONCE):
        some = missing[place : place + DOCUMENTS_AT_ONCE]
        for head, text in zip(some, await documents_of(connection, PROGRAMMES, some), strict=True):
            types[head] = types_of_acts(text)


@cache
def _types() -> LRUCache[Head, frozenset[str]]:
    """The types of acts that versions have rules about."""
    return LRUCache(COMPILED_MAX)
