"""What the routes of ingest take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ingest.domain.amounts import UNITS
from ingest.domain.outcomes import Status


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("not an IANA time zone")
    return text


def _region(text: str) -> str:
    if text not in SUPPORTED_REGIONS:
        raise ValueError("not a country code")
    return text


def _unit(text: str) -> str:
    if text not in UNITS:
        raise ValueError("one of " + ", ".join(UNITS))
    return text


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Unit = Annotated[str, AfterValidator(_unit)]


class Strict(BaseModel):
    """Commands refuse what they do not know."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    index: int
    id: str | None
    status: Status
    code: str | None
    detail: str | None


class Answers(BaseModel):
    results: list[Answer]


class ShopSettings(Strict):
    name: Line
    zone: Annotated[str, AfterValidator(_zone)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    locale: Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
    phone_region: Annotated[str, AfterValidator(_region)]
    sender_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254), AfterValidator(_one_line)]
    sms_sender: Line


class Shop(ShopSettings):
    shop: str
    version: int


class NewSource(Strict):
    """``record_of_orders`` defaults to true for the first live server source of a shop, and for its backfills."""

    name: Line
    trust: Literal["server", "browser"] = "server"
    record_of_orders: bool | None = None
    historical: bool = False
    kafka: bool = False
    unit: Unit | None = None
    success_status: Literal[200, 202] = 202


class SourceChange(Strict):
    unit: Unit | None


class Source(BaseModel):
    source_id: str
    name: str
    trust: str
    record_of_orders: bool
    historical: bool
    kafka: bool
    topic: str | None
    unit: str | None
    success_status: int
    created_at: datetime
    closed_at: datetime | None


class ListedSource(Source):
    keys: list[str]


class Sources(BaseModel):
    sources: list[ListedSource]


class SourceWithKey(Source):
    key: str
    prefix: str


class Key(BaseModel):
    """``key`` is shown this once; ``prefix`` names it from then on."""

    source_id: str
    key: str
    prefix: str


class PastEvent(BaseModel):
    event_id: UUID
    id: str
    source_id: str
    type: str
    order_id: str | None
    time: datetime
    recorded_time: datetime
    published: bool
    code: str | None
    body: Any


class History(BaseModel):
    customer_id: str
    events: list[PastEvent]
    next_before: str | None
    as_of: datetime


class Quarantined(BaseModel):
    id: UUID
    source_id: str
    native_id: str | None
    code: str
    detail: str
    state: str
    received_at: datetime
    resolved_at: datetime | None


class QuarantinedBody(Quarantined):
    body: str


class QuarantineList(BaseModel):
    quarantine: list[Quarantined]
    next_before: str | None
