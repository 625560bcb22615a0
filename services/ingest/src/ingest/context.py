"""What the parts of an ingest process share beyond what those of every service do."""

from dataclasses import dataclass, fields
from typing import Annotated

from fastapi import Depends

from ingest.doors.state import Doors, open_doors
from ingest.settings import IngestSettings
from mandegar.service.context import Context
from mandegar.web.dependencies import context


@dataclass(frozen=True, kw_only=True)
class IngestContext(Context[IngestSettings]):
    """``doors`` are the keys, rate limits and group commit that all requests share."""

    doors: Doors


def with_doors(common: Context[IngestSettings]) -> IngestContext:
    """The context of an ingest process, its doors open."""
    shared = {field.name: getattr(common, field.name) for field in fields(common)}
    return IngestContext(**shared, doors=open_doors(common))


IngestCtx = Annotated[IngestContext, Depends(context)]
