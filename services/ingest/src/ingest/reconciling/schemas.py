"""Bodies of the routes of reconciliations."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from ingest.desk.inputs import Input, Line
from ingest.reconciling.options import FileOptions
from mandegar.web.paging import Instant

FindingKind = Literal["missing", "differs", "extra", "invalid", "accepted", "matched"]


class NewReconciliation(FileOptions):
    """A file of orders, and how it is read."""

    name: Line = Field(description="Name of the file, for people")
    fingerprint: Annotated[str, Field(min_length=8, max_length=128, pattern="^[A-Za-z0-9_.:=+/-]+$")] = Field(
        examples=["9f86d081884c7d65"],
        description="Hash of the file's content, such as its SHA-256: the same file again is the same reconciliation",
    )
    begin: Instant | None = Field(
        default=None,
        alias="from",
        description="Start of the period in which orders are looked for that the file does not have. Default: the "
        "file's first order",
    )
    end: Instant | None = Field(
        default=None,
        alias="to",
        description="End of the period in which orders are looked for that the file does not have. Default: the file's "
        "last order",
    )

    @model_validator(mode="after")
    def ordered(self) -> "NewReconciliation":
        """Refuse a period that ends before it begins."""
        if self.begin is not None and self.end is not None and self.begin > self.end:
            raise ValueError("from must not be later than to")
        return self

    @property
    def options(self) -> FileOptions:
        """How the file is read."""
        return FileOptions.model_validate({field: getattr(self, field) for field in FileOptions.model_fields})


class Acceptance(Input):
    """Which missing orders are accepted."""

    order_ids: Annotated[list[str], Field(min_length=1, max_length=1_000)] | None = Field(
        default=None, description="Orders as the file names them, or as a finding does. Default: all that are missing"
    )
    confirm: bool = Field(
        default=False, description="Accept although `warnings` say that something is wrong with the file as a whole"
    )


class Sum(BaseModel):
    """Amounts in the currency of the shop."""

    file: str
    ours: str = Field(description="Before refunds, or after them if `amount_is` is `net`")


class CurrencySum(BaseModel):
    """What the file states in one currency."""

    currency: str | None = Field(description="Null for the currency of the shop, in which its units are summed, too")
    orders: int
    file: str


class CauseCount(BaseModel):
    """Orders of one kind that have one cause, with one example."""

    kind: str
    cause: str = Field(description="Stable code of the cause")
    why: str | None = Field(description="What the cause means")
    orders: int
    line: int | None = Field(description="The first line of the file that has this cause")
    order_id: str | None = Field(description="An order that has this cause and is not in the file")


class Shift(BaseModel):
    """By how much times of the file lie ahead of ours."""

    minutes: int
    orders: int
    line: int


class FileWarning(BaseModel):
    """What is wrong with the file as a whole, so that accepting has to be confirmed."""

    code: str
    detail: str


class Counts(BaseModel):
    """The result of the comparison."""

    orders: dict[str, int] = Field(
        description="By kind: `matched`, `missing`, `differs`, `extra` (we have it and the file does not), `accepted`, "
        "`repeated` (lines that repeat an order) and `invalid` (lines that cannot be read)"
    )
    acceptable: int = Field(description="Missing orders that can be accepted")
    lacking: dict[str, int] = Field(description="Missing orders that cannot be accepted, by what their lines lack")
    sums: dict[str, Sum] = Field(description="Sums by kind, without orders in another currency")
    currencies: list[CurrencySum]
    causes: list[CauseCount] = Field(description="The most frequent first")
    shifts: list[Shift] = Field(description="Differences of time that look like a wrong zone, the most frequent first")
    warnings: list[FileWarning]


class Reconciliation(BaseModel):
    """A reconciliation, and how far it is."""

    reconciliation_id: UUID
    name: str
    fingerprint: str
    state: Literal["receiving", "comparing", "compared", "accepting"]
    options: FileOptions
    begin: datetime | None = Field(serialization_alias="from")
    end: datetime | None = Field(serialization_alias="to")
    last_line: int = Field(description="The last line that was received: go on behind it")
    phase: str | None = Field(description="What is being compared: rows, quarantine, extras, counts")
    place: int | None = Field(description="The line up to which rows have been compared, or accepted")
    created_at: datetime
    moved_at: datetime = Field(description="When it was last used or made progress; 30 days later it is deleted")
    compared_at: datetime | None
    counts: Counts | None = Field(
        description="Null until the file has been compared. Orders that are being accepted are counted once all of "
        "them are"
    )


class ReconciliationPage(BaseModel):
    """A page of reconciliations, newest first."""

    reconciliations: list[Reconciliation]
    next_before: str | None = Field(description="The `before` of the next page; null on the last one")


class Received(BaseModel):
    """What has been received of the file."""

    rows: int = Field(description="Rows of this part that had not been received before")
    last_line: int = Field(description="The last line of the file that was received")


class InFile(BaseModel):
    """What a line of the file states, in the currency of the shop."""

    total: str | None
    refunded: str | None
    currency: str | None = Field(description="The currency of the line, if it is not that of the shop")
    status: str | None
    time: datetime | None
    version: int | None


class Here(BaseModel):
    """What the accepted events of the order add up to."""

    total: str
    refunded: str
    net: str
    time: datetime | None = Field(description="When the order was paid, or else when its first event happened")


class Finding(BaseModel):
    """An order that is missing, differs, or is not in the file; or a line that cannot be read."""

    kind: FindingKind
    line: int | None
    order_id: str | None = Field(
        description="The id as it is published: a hash if the shop's id does not look like an id"
    )
    customer_id: str | None = Field(description="The id as it is published")
    cause: str | None
    why: str | None = Field(description="What the cause means, or what is wrong with the line")
    lacks: str | None = Field(description="Why a missing order cannot be accepted; null if it can")
    file: InFile | None
    ours: Here | None


class FindingPage(BaseModel):
    """A page of findings, in the order of the file."""

    findings: list[Finding]
    next_after: str | None = Field(description="The `after` of the next page; null on the last one")
