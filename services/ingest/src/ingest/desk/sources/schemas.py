"""Bodies of the source routes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from ingest.desk.inputs import Input, Line
from ingest.desk.origins import Origins
from ingest.domain.amounts import UNITS
from ingest.domain.sources import VisitorProof


def _unit(text: str) -> str:
    if text not in UNITS:
        raise ValueError("must be one of " + ", ".join(UNITS))
    return text


Unit = Annotated[
    str,
    Field(description="IRT (toman), IRHR (thousand rial) or IRHT (thousand toman) if its amounts are in that unit"),
    AfterValidator(_unit),
]


_ORIGINS = "Of a browser source: the origins of the web pages that may use its key, such as https://shop.example"
_VISITOR_PROOF = (
    "Of a browser source: whether it may name a known customer only with customer.proof (required), or any (off)"
)


class NewSource(Input):
    """A source to create."""

    name: Annotated[Line, Field(description="Name for people")]
    trust: Literal["server", "browser"] = Field(
        default="server",
        description="A browser source, whose key is public, may send visits only",
    )
    record_of_orders: bool | None = Field(
        default=None,
        description="Whether its orders count. At most one live source of a shop may be the record of orders; "
        "defaults to true for a server source if there is none yet, and for every historical server source. "
        "PATCH /v1/sources/{source_id} moves the role to another source",
    )
    historical: bool = Field(
        default=False, description="Whether it sends past events: they build up state and trigger no messages"
    )
    kafka: bool = Field(default=False, description="Whether to create a Kafka topic that the platform produces into")
    unit: Unit | None = None
    success_status: Literal[200, 202] = Field(default=202, description="HTTP status of a successful request")
    origins: Origins = Field(default=[], description=_ORIGINS)
    visitor_proof: VisitorProof = Field(default="required", description=_VISITOR_PROOF)


EventsPerSecond = Annotated[
    int, Field(ge=1, le=1_000_000, description="Events a second that the source may send to one process of the server")
]
BytesPerSecond = Annotated[
    int,
    Field(
        ge=1_024, le=1_000_000_000, description="Bytes a second that the source may send to one process of the server"
    ),
]


class SourceChange(Input):
    """What can be changed in a source: at least one of the fields."""

    record_of_orders: Literal[True] | None = Field(
        default=None,
        description="true makes this source the shop's record of orders: its orders count from now on. The source that "
        "was the record until then keeps what it has sent, and its later orders are stored in the history only",
    )
    unit: Unit | None = None
    events_per_second: EventsPerSecond | None = None
    bytes_per_second: BytesPerSecond | None = None
    origins: Origins = Field(default=[], description=_ORIGINS)
    visitor_proof: VisitorProof = Field(default="required", description=_VISITOR_PROOF)

    @model_validator(mode="after")
    def require_one(self) -> "SourceChange":
        """Raise ``ValueError`` for a change of nothing."""
        if not self.model_fields_set:
            raise ValueError("name at least one of the fields to change")
        return self


class Source(BaseModel):
    """A source: one connection of a shop."""

    source_id: str
    name: str
    trust: str = Field(description="server or browser; a browser source may send visits only")
    record_of_orders: bool = Field(
        description="Whether its orders count; otherwise they are stored in the history only"
    )
    historical: bool = Field(description="Whether it sends past events, which trigger no messages")
    kafka: bool
    topic_ready: bool = Field(
        description="Whether its topic exists. If Kafka was away when the source was created, it is created afterwards"
    )
    topic: str | None = Field(description="Kafka topic that the platform produces into, if there is one")
    unit: str | None = Field(description="Unit of its amounts, if it is not the currency of the shop")
    success_status: int = Field(description="HTTP status of a successful request: 200 or 202")
    events_per_second: int | None = Field(
        description="Events a second that the source may send to one process of the server; null for the default"
    )
    bytes_per_second: int | None = Field(
        description="Bytes a second that the source may send to one process of the server; null for the default"
    )
    origins: list[str] = Field(description=_ORIGINS)
    visitor_proof: VisitorProof = Field(description=_VISITOR_PROOF)
    created_at: datetime
    closed_at: datetime | None = Field(description="When the source was closed; new events are rejected since then")
    silent_since: datetime | None = Field(
        description="Since when nothing of it was accepted, if that is unusual: in the same stretch of earlier weeks "
        "there were events. Null otherwise, and while the source is younger than three weeks"
    )


class ListedSource(Source):
    """A source with its live keys."""

    keys: list[str] = Field(description="Prefixes of its live keys")


class Sources(BaseModel):
    """The sources of a shop, oldest first."""

    sources: list[ListedSource]


class SourceWithKey(Source):
    """A new source with its first key."""

    key: str = Field(description="The key. It is not stored and cannot be shown again")
    prefix: str = Field(description="The public part of the key, which names it in lists and when it is revoked")
    visitor_secret: str | None = Field(
        default=None,
        description="The secret of customer.proof of a browser source; null for others. It cannot be shown again",
    )
