"""The statement as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from loyalty.account.credit_answers import CreditExpiry, credit_sums
from loyalty.account.schemas import ActAnswer, CompletionAnswer
from loyalty.domain.money import credit_text
from loyalty.domain.naming import named
from loyalty.statement.months import Account, Line, Statement
from mandegar.months import Calendar
from mandegar.quantities import from_us


class Points(BaseModel):
    """Points, or by how much they changed."""

    available: int
    pending: int
    held: int
    debt: int
    lifetime: int


class Credit(BaseModel):
    """Credit as decimal text, or by how much it changed."""

    available: str
    pending: str
    held: str
    debt: str
    lifetime: str


class LineNames(BaseModel):
    """When something happened, and what it was."""

    at: datetime
    kind: str = Field(description="The kind of the ledger entries, as in `GET …/ledger`")
    order_id: str | None
    opening_id: str | None
    adjustment_id: UUID | None
    act: ActAnswer | None
    referral: str | None
    challenge: CompletionAnswer | None


class StatementLine(LineNames):
    """What one order, or time alone, did at an instant."""

    moved: Points


class CreditLine(LineNames):
    """What one order, or time alone, did to credit at an instant."""

    moved: Credit


class Expiring(BaseModel):
    """Usable points that expire."""

    points: int
    at: datetime


class CreditStatement(BaseModel):
    """The credit of a month, as the points."""

    unit: str = Field(description="The currency, such as IRR")
    opening: Credit
    lines: list[CreditLine]
    others: int
    of_others: Credit
    closing: Credit
    expiring: list[CreditExpiry]


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
    of_others: Points = Field(description="What the lines that are not listed moved")
    closing: Points
    tier: str | None = Field(
        description="The tier at the end of the month; null: the customer has too many orders to compute that of a "
        "past month"
    )
    expiring: list[Expiring] = Field(description="The usable points that expire next, as of the request")
    credits: list[CreditStatement] = Field(
        [], description="Credit in money, an account beside points; absent: there never was any until then"
    )


def statement_fields(customer_id: str, statement: Statement) -> dict[str, Any]:
    """The fields of ``StatementAnswer``."""
    points, credit = statement.points, statement.credit
    return {
        "customer_id": customer_id,
        "month": str(statement.month),
        "calendar": statement.month.calendar,
        "begin": from_us(statement.begin),
        "until": from_us(statement.until),
        "complete": statement.complete,
        "opening": points.opening._asdict(),
        "lines": [_line(line, line.moved._asdict()) for line in points.lines],
        "others": points.others,
        "of_others": points.of_others._asdict(),
        "closing": points.closing._asdict(),
        "tier": statement.tier,
        "expiring": [{"points": number, "at": from_us(at)} for at, number in points.expiring],
        **({} if credit is None else {"credits": [_credit(credit)]}),
    }


def _credit(account: Account) -> dict[str, Any]:
    return {
        "unit": account.currency,
        "opening": credit_sums(account.opening),
        "lines": [_line(line, credit_sums(line.moved)) for line in account.lines],
        "others": account.others,
        "of_others": credit_sums(account.of_others),
        "closing": credit_sums(account.closing),
        "expiring": [{"amount": credit_text(amount), "at": from_us(at)} for at, amount in account.expiring],
    }


def _line(line: Line, moved: dict[str, Any]) -> dict[str, Any]:
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
        "moved": moved,
    }
