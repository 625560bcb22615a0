"""The source of a shop's imports: one for all of them, so that a row has the same event id in every file."""

from datetime import datetime
from hashlib import blake2b
from typing import Any

from ingest.domain.sources import Source
from ingest.sources import rows
from mandegar.database import WorkerConnection

NAME = "Imports"


def imports_source_id(shop: str) -> str:
    """The id of the source, which a rebuild restores."""
    return "imports-" + blake2b(shop.encode(), digest_size=8).hexdigest()


async def source_of_imports(connection: WorkerConnection, shop: str, now: datetime) -> Source:
    """The historical source, which is made when it is first needed. It has no key, and stays open."""
    source_id = imports_source_id(shop)
    found = await rows.load_sources(connection, [source_id])
    if not found:
        await rows.lock_sources(connection, shop)
        found = await rows.load_sources(connection, [source_id])
    if not found:
        source: dict[str, Any] = {
            "id": source_id, "shop": shop, "name": NAME, "trust": "server", "record_of_orders": True,
            "historical": True, "kafka": False, "unit": None, "success_status": 202, "origins": [],
            "visitor_proof": "required", "visitor_secrets": [],
        }  # fmt: skip
        await rows.insert_source(connection, source, now)
        found = await rows.load_sources(connection, [source_id])
    present = found[source_id]
    if present.closed_at is not None or not (present.trust == "server" and present.record_of_orders):
        # A rebuild takes the end of an import for that of its source, and knows no more rights than were used.
        await rows.restore_rights(connection, source_id, NAME)
        found = await rows.load_sources(connection, [source_id])
    return found[source_id]
