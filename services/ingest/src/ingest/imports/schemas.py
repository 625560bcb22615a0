"""Bodies of the routes of imports."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, PlainSerializer

from ingest.desk.inputs import Input, Line, Zone
from ingest.domain.file_rows.targets import Kind
from ingest.domain.file_rows.values import Status
from mandegar.events.written import is_written
from mandegar.events.written_calendar import Calendar
from mandegar.events.written_number import Mark

COLUMNS_MAX = 500


def _written(text: str) -> str:
    if not is_written(text):
        raise ValueError("names of columns have no control characters and no line breaks")
    return text


_COLUMN = Annotated[str, Field(max_length=200), AfterValidator(_written)]


class Reading(Input):
    """How the rows of a file are read. Two files with the same content and the same reading are one import."""

    form: Literal["csv", "json_lines"] = Field(default="csv", description="CSV with a header, or a JSON object a line")
    header: Annotated[list[_COLUMN], Field(max_length=COLUMNS_MAX)] = Field(
        description="The names of the columns of a CSV file, from its first line; of JSON lines the fields of the "
        "first rows, or none",
        examples=[["customer_id", "Full name"]],
    )
    delimiter: Literal[",", ";", "\t", "|"] = Field(default=",", description="The separator between columns of CSV")
    columns: Annotated[dict[str, _COLUMN], Field(max_length=COLUMNS_MAX)] = Field(
        default={},
        description="The column of each target whose column is not recognised by its name; an empty text: of none",
        examples=[{"name": "Full name"}],
    )
    zone: Zone | None = Field(
        default=None, description="Zone of times without one; default: that of the shop", examples=["Asia/Tehran"]
    )
    calendar: Calendar = Field(
        default="auto", description="Calendar of dates; auto: years from 1200 to 1599 are Jalali, all others Gregorian"
    )
    unit: Annotated[str, Field(pattern="^[A-Z]{3,4}$")] | None = Field(
        default=None,
        description="Unit of amounts without a currency: that of the shop, or IRT (toman), IRHR (thousand rial) "
        "or IRHT (thousand toman) in a shop with rials",
        examples=["IRR"],
    )
    decimal_mark: Mark | None = Field(
        default=None,
        description="The decimal mark. Null: each number has to show it, so 1,234 is an error and 1,234.50 is not",
    )
    statuses: Annotated[dict[_COLUMN, Status], Field(max_length=100)] = Field(
        default={},
        description="What words for a status mean, where Mandegar does not know them",
        examples=[{"closed": "paid"}],
    )


class NewImport(Reading):
    """A file to import."""

    kind: Kind = Field(description="What a row of the file is about")
    name: Annotated[Line, Field(description="Name of the file, for people")]
    fingerprint: Annotated[str, Field(pattern="^[A-Za-z0-9:_-]{8,128}$")] = Field(
        description="Hash of the content of the file, such as sha256:… in hexadecimal digits",
        examples=["sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    as_of: AwareDatetime | None = Field(
        default=None,
        description="When the file was true. With balances of points it is the cut-off: orders paid before it earn no "
        "points here, because the balances have them. It becomes `points_from` of the shop",
    )
    dry_run: bool = Field(default=False, description="Read every row and report its errors, but accept nothing")


# In plain digits, without an exponent.
Amount = Annotated[Decimal, PlainSerializer(lambda amount: f"{amount:f}", return_type=str)]


class Totals(BaseModel):
    """What was in the lines that have been taken, each line counted once. Amounts are in the currency of the shop."""

    rows: int = Field(default=0, description="Rows, broken ones included")
    accepted: int = Field(
        default=0, description="Rows of which everything was accepted, or in a dry run would have been"
    )
    known: int = Field(default=0, description="Accepted rows of which everything had been accepted before")
    corrected: int = Field(default=0, description="Accepted rows that change a lot, tier or coupon of an earlier file")
    refused: int = Field(default=0, description="Rows with an error: nothing of them is accepted")
    suppressed: int = Field(default=0, description="Rows of customers who were erased: nothing of them is stored")
    empty: int = Field(default=0, description="Rows that state nothing, such as a balance of 0 points")
    errors: int = Field(default=0, description="Errors and notes by line; the first 100,000 are listed")
    total: Amount = Field(
        default=Decimal(0), description="Sum of the totals of all orders in the file, refused ones too"
    )
    total_accepted: Amount = Field(default=Decimal(0), description="Sum of the totals of accepted orders")
    refunded: Amount = Field(default=Decimal(0), description="Sum of the refunds in the file")
    refunded_accepted: Amount = Field(default=Decimal(0), description="Sum of the accepted refunds")
    points: int = Field(default=0, description="Sum of the points in the file")
    points_accepted: int = Field(default=0, description="Sum of the points of accepted rows")


class Lines(BaseModel):
    """Lines of the file from `first_line` up to before `next_line`."""

    first_line: int
    next_line: int


class Import(BaseModel):
    """An import, and how far it is."""

    import_id: UUID
    kind: Kind
    name: str
    fingerprint: str
    dry_run: bool
    state: Literal["running", "finished", "stopped"]
    source_id: str = Field(description="The source under which its events are accepted")
    columns: dict[str, str] = Field(description="The column of each target; empty for JSON lines, whose rows decide")
    together: list[str] = Field(
        description="Columns whose values tell one record from the next. Consecutive rows that are equal in them are "
        "one order: send them in one part. Empty: each row is a record"
    )
    as_of: datetime | None
    next_line: int = Field(description="All lines before this one have been taken: go on here")
    received: list[Lines] = Field(description="Lines that have been taken, at most 1,000 ranges")
    totals: Totals
    started_at: datetime
    moved_at: datetime = Field(description="When the import last made progress")
    finished_at: datetime | None


class ImportPage(BaseModel):
    """A page of imports, newest first."""

    imports: list[dict[str, Any]]
    next_before: str | None = Field(description="The `before` of the next page; null on the last one")


class LineProblem(BaseModel):
    """What is wrong in one line."""

    line: int = Field(description="Line of the file where the row begins; the header is line 1")
    column: str | None = Field(description="Column of the file; null if the row as a whole is wrong")
    code: str = Field(description="What is wrong, as a stable code")
    detail: str = Field(description="What is wrong and what to do, without a value of the row")
    refused: bool = Field(description="Whether the row was refused; false: it was accepted without the value at fault")


class ErrorPage(BaseModel):
    """A page of errors in the order of their lines."""

    errors: list[LineProblem]
    next_after: str | None = Field(description="The `after` of the next page; null on the last one")


class Part(BaseModel):
    """What became of a part."""

    first_line: int
    next_line: int = Field(description="First line behind the part")
    repeated: bool = Field(description="Whether the part had been taken before; then nothing was counted again")
    totals: Totals
    errors: list[LineProblem] = Field(description="Errors of the part; empty if it is repeated")
