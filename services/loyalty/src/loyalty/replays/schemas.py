"""The bodies of requests and answers about replays."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from loyalty.domain.money import stated
from mandegar.jobs.kind import Status
from mandegar.web.paging import Instant

DOCUMENT_CHARS_MAX = 65_536
VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]


class ReplayRequest(BaseModel):
    """Another programme to compare: a document that is not stored, or a stored version."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": 1}})

    document: Annotated[str, Field(min_length=1, max_length=DOCUMENT_CHARS_MAX)] | None = Field(
        default=None, description="The YAML text of the other programme, as `PUT /v1/programme` takes it"
    )
    version: VersionNumber | None = Field(default=None, description="A stored version, instead of a document")
    against: VersionNumber | None = Field(
        default=None,
        description="The stored version to compare it with; without it what was in force, version by version",
    )
    from_: Instant | None = Field(
        default=None,
        alias="from",
        description="From when on the other programme takes the place of all others, and points are counted; "
        "without it from the beginning",
    )
    value_per_point: Annotated[Decimal, BeforeValidator(stated), Field(ge=0, le=10**15)] | None = Field(
        default=None,
        description="What a point is worth under both, in the shop's currency; without it what each programme says "
        "(`spend.value`, `guards.value_per_point`), and nothing is told in money where it does not",
    )

    @model_validator(mode="after")
    def _names_one_programme(self) -> Self:
        if (self.document is None) == (self.version is None):
            raise ValueError("give either document or version")
        return self


class Made(BaseModel):
    """A replay that was asked for."""

    id: UUID = Field(description="The id of the replay; `GET /v1/programme/replays/{id}` has its result")
    status: Status = "waiting"


class Progress(BaseModel):
    """How far a replay is."""

    doing: Literal["reading", "budgets", "walking"] = Field(
        description="Reading the records of the topic, then asking the budgets, if there are any, and walking the "
        "accounts, both in pages"
    )
    done: int
    total: int
    per_second: float | None = Field(description="Records read, or pages walked, per second since it began")


class Replay(BaseModel):
    """A replay, how far it is and its result."""

    id: UUID
    status: Status
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    progress: Progress | None = Field(description="While it is computed")
    failure: str | None = Field(description="Why the replay has no result")
    result: dict[str, Any] | None = Field(
        description="Once it is done: points given, taken back, expired and spent, liability, cost, tiers, `before` "
        "and `after` (under the other programme), their `difference` (empty if nothing differs), who gains and who "
        "loses, month by month, what `budgets` gave and when they ended, and what the `guards` of the other programme "
        "say. `cost` is the value of points that were neither taken back nor expired, "
        "`cost_share` its share of the revenue"
    )
