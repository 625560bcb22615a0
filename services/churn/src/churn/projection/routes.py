"""The future of one customer, if nothing happens."""

import asyncio
from datetime import datetime
from typing import Any, Final

from fastapi import Response
from pydantic import BaseModel, Field

from churn.domain.timeline.entry import POINTS
from churn.domain.timeline.shown import fields_of
from churn.projection.rules import WARNINGS, crossings_ahead, warned_of
from churn.risk.read_rows import READ_CUSTOMERS, read_of_roots, reading_of, with_what_is_needed
from churn.timeline.read_rows import LAST, LOWEST, read_timeline
from mandegar.quantities import from_us, to_us
from mandegar.web import Ctx, CustomerRead, Router
from mandegar.web.customers import unknown_customer
from mandegar.web.json_answer import json_answer
from mandegar.web.language import AcceptLanguage, Lang, language_of

router = Router()

# How far back warnings are looked for, in entries about points.
ENTRIES_READ: Final = 100


class ChangeAnswer(BaseModel):
    """Something that will happen at an instant unless the customer or the shop acts before."""

    at: datetime
    kind: str = Field(description="band_crosses, points_expire or tier_ends. More kinds may be added")
    text: str = Field(description="The change as a sentence in the language of the answer")
    fields: dict[str, Any] = Field(
        description="By kind: band, previous and risk; points; or tier, falls_to and what is missing"
    )


class ProjectionAnswer(BaseModel):
    """What will happen to a customer who does nothing, in the order of time."""

    customer_id: str
    model_version: int
    changes: list[ChangeAnswer]
    as_of: datetime


@router.get(
    "/v1/customers/{customer_id}/projection",
    summary="Get what will happen to a customer who does nothing",
    response_model=ProjectionAnswer,
)
async def projection(
    ctx: Ctx, customer: CustomerRead, lang: Lang = None, accept_language: AcceptLanguage = ""
) -> Response:
    """Returns the bands that the customer will cross into without another order, each at its instant and with the risk
    then, and what loyalty has announced: points that expire, a tier that ends.

    A later fit of the model moves crossings. Expiries that are not announced yet are in
    loyalty's `projection`. Segments that ask for bands change with them.
    """
    language = language_of(lang, accept_language)
    (rows, as_of), page = await asyncio.gather(
        read_of_roots(ctx, READ_CUSTOMERS, customer.shop, [customer.customer_id]),
        read_timeline(ctx, customer.shop, customer.customer_id, [POINTS], None, (LAST, LOWEST), ENTRIES_READ),
    )
    [(_, state, terms)] = await with_what_is_needed(ctx, customer.shop, [reading_of(row) for row in rows])
    if state is None and page.customer_id is None:
        raise unknown_customer()
    changes = [] if state is None else [*crossings_ahead(state, terms, as_of, language)]
    warnings = [(each.type, fields_of(each.type, each.data)) for each in page.entries if each.type in WARNINGS]
    changes += warned_of(warnings, terms.days, to_us(as_of), language)
    return json_answer(
        {
            "customer_id": page.customer_id if state is None else state.customer_id,
            "model_version": terms.model.version,
            "changes": [
                {"at": from_us(each.at_us), "kind": each.kind, "text": each.text, "fields": each.fields}
                for each in sorted(changes, key=lambda change: (change.at_us, change.kind))
            ],
            "as_of": as_of,
        }
    )
