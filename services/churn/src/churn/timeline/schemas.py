"""The answer of a history."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from churn.domain.forecast.words import Language, day
from churn.domain.timeline.entry import KIND_NAMES
from churn.domain.timeline.sentences import sentence
from churn.domain.timeline.shown import answered, fields_of, is_own
from churn.timeline.read_rows import Page
from mandegar.calendar import shop_days
from mandegar.quantities import to_us


class EntryAnswer(BaseModel):
    """One entry of a history."""

    id: UUID = Field(description="Stable id: it stays the same when more becomes known, and when customers are merged")
    kind: str = Field(description="orders, visits, reviews, surveys, tickets, points, risk, contracts or messages")
    type: str = Field(description="What the entry is about, for example order, points, band, message or consent")
    at: datetime = Field(
        description="When it began: for an order, when it was first reported; for a ticket, when it was opened"
    )
    day: date = Field(description="The day of the shop's calendar on which that was")
    day_text: str = Field(description="This day in the language of the answer: 22 November 2026")
    text: str = Field(description="The entry as a sentence in the language of the answer")
    fields: dict[str, Any] = Field(
        description="What is known of it, as of now. Money is decimal strings with a currency, instants end with _at"
    )


class TimelineAnswer(BaseModel):
    """One page of a customer's history, newest first."""

    customer_id: str
    entries: list[EntryAnswer]
    next_cursor: str | None = Field(description="Pass as cursor to get the next page; null on the last page")
    as_of: datetime


def timeline_fields(page: Page, cursor: str | None, language: Language, *, own: bool) -> dict[str, Any]:
    """The fields of ``TimelineAnswer`` as JSON encoders take them; ``own``: for the customer."""
    days = shop_days(page.zone)
    entries = []
    for told in page.entries:
        fields = fields_of(told.type, told.data)
        if own and not is_own(told.type, fields):
            continue
        ordinal = days.day_of(to_us(told.at))
        entries.append(
            {
                "id": str(told.entry_id),
                "kind": KIND_NAMES[told.kind],
                "type": told.type,
                "at": told.at,
                "day": date.fromordinal(ordinal),
                "day_text": day(ordinal, language),
                "text": sentence(told.type, fields, days, language),
                "fields": answered(told.type, fields, own=own),
            }
        )
    return {"customer_id": page.customer_id, "entries": entries, "next_cursor": cursor, "as_of": page.as_of}
