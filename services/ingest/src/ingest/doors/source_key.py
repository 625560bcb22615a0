"""Verification by a source's key."""

from ingest.context import IngestContext
from ingest.domain.sources import Source
from ingest.doors.door import Delivery
from mandegar.web import Problem


async def source_of_key(delivery: Delivery, context: IngestContext) -> Source:
    """The source whose key is in ``Authorization`` or ``X-Mandegar-Key``; raises ``Problem`` 401."""
    scheme, _, key = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        key = delivery.headers.get("x-mandegar-key", "")
    source = await context.keys.source(key.strip(), context.clock.now()) if key else None
    if source is None:
        raise Problem(
            401,
            "invalid_key",
            "The request needs a valid source key",
            "Send it as Authorization: Bearer <key>, or in the header X-Mandegar-Key",
            headers={"WWW-Authenticate": 'Bearer realm="mandegar events"'},
        )
    return source
