"""Bodies of the routes of limits."""

from typing import Annotated

from pydantic import BaseModel, Field

from ingest.desk.inputs import Input

Bytes = Annotated[int, Field(ge=1_024, le=2**31 - 1)]
Days = Annotated[int, Field(ge=1, le=3_650)]


class LimitChange(Input):
    """The limits of a shop. A request contains all of them; null is the default of the server."""

    events_per_second: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        description="Events a second that all sources of the shop together may send to one process of the server"
    )
    bytes_per_second: Bytes | None = Field(
        description="Bytes a second that all sources of the shop together may send to one process of the server"
    )
    quarantine_events_max: Annotated[int, Field(ge=0, le=10_000_000)] | None = Field(
        description="Open events that the shop may have in quarantine; events above this number get the status retry"
    )
    quarantine_bytes_max: Bytes | None = Field(description="Bytes that the open events in quarantine may have together")
    quarantine_days: Days | None = Field(description="Days after which an event in quarantine is deleted")
    body_days: Days | None = Field(
        description="Days after which bodies of accepted events are deleted; the default is never, and for browser "
        "sources a setting of the installation (7 days)"
    )


class LimitsInForce(BaseModel):
    """The limits of a shop, with the defaults of the server where it has none of its own."""

    events_per_second: float
    bytes_per_second: float
    quarantine_events_max: int
    quarantine_bytes_max: int
    quarantine_days: int
    body_days: int | None = Field(description="null if only bodies of browser sources are deleted")


class Limits(BaseModel):
    """What a shop may send and keep."""

    shop: str
    own: LimitChange = Field(description="What was set for the shop")
    in_force: LimitsInForce
