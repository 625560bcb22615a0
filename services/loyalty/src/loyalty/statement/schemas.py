"""The statement as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from loyalty.account.schemas import ActAnswer, CompletionAnswer
from loyalty.domain.naming import named
from loyalty.domain.posting import Balance
from loyalty.statement.months import Calendar, Line, Statement
from mandegar.quantities import from_us


class Points(BaseModel):
    """Points, or by how much they changed."""

    available: int
    pending: int
    held: int
    debt: int
    lifetime: int


class StatementLine(BaseModel):
    """What one order, or time alone, did at an instant."""

    at: datetime
    kind: str = Field(description="The kind of the ledger entries, as in `GET …/ledger`")
    order_id: str | None
    opening_id: str | None
    adjustment_id: UUID | None
    act: ActAnswer | None
    referral: str | None
    challenge: CompletionAnswer | None
    moved: Points


class Expiring(BaseModel):
    """Usable points that expire."""

    points: int
    at: datetime


class StatementAnswer(BaseModel):
    """A month of the ledger: the opening balance and everything that moved make the closing balance."""

    customer_id: str
    month: str
    calendar: Calendar
    begin: datetime
    until: datetime = Field(description="The end of the month, or the time of the request if that is earlier")
    complete: bool = Field(description="Whether the month is over")
    opening: Points
    lines: list[StatementLine]
    others: int = Field(description="Lines that are not listed")
    of_others: Points = Field(description="What they moved")
    closing: Points
    tier: str | None = Field(description="At the end; null: the orders are too many to tell that of a past month")
    expiring: list[Expiring] = Field(description="The usable points that expire next, as of the request")


def statement_fields(customer_id: str, statement: Statement) -> dict[str, Any]:
    """The fields of ``StatementAnswer``."""
    return {
        "customer_id": customer_id,
        "month": str(statement.month),
        "calendar": statement.month.calendar,
        "begin": from_us(statement.begin),
        "until": from_us(statement.until),
        "complete": statement.complete,
        "opening": _points(statement.opening),
        "lines": [_line(line) for line in statement.lines],
        "others": statement.others,
        "of_others": _points(statement.of_others),
        "closing": _points(statement.closing),
        "tier": statement.tier,
        "expiring": [{"points": points, "at": from_us(at)} for at, points in statement.expiring],
    }


def _line(line: Line) -> dict[str, Any]:
    names = named(line.order_id)
    return {
        "at": from_us(line.at),
        "kind": line.kind,
        "order_id": names.order_id,
        "opening_id": names.opening_id,
        "adjustment_id": None if names.adjustment_id is None else str(names.adjustment_id),
        "act": None if names.act is None else names.act._asdict(),
        "referral": names.referral,
        "challenge": None if names.attained is None else names.attained._asdict(),
        "moved": _points(line.moved),
    }


def _points(balance: Balance) -> dict[str, int]:
    return balance._asdict()
