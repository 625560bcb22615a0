"""The route of a month's statement."""

from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse

from loyalty.account.balance_rows import stored_balance
from loyalty.account.instants import Asked, balance_fields_at
from loyalty.account.packing import unpack_credit
from loyalty.account.root_rows import root_row
from loyalty.domain.posting import Balance
from loyalty.statement.months import Account, Language, Statement, month_at, month_of
from loyalty.statement.page import STYLE, statement_page
from loyalty.statement.rows import Span, added, spans_of
from loyalty.statement.schemas import StatementAnswer, statement_fields
from mandegar.calendar import shop_days
from mandegar.database import as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.shops import Shop, load_shops
from mandegar.web import Ctx, CustomerRead, Problem, Router, errors
from mandegar.web.documentation.route import page_headers
from mandegar.web.json_answer import json_answer
from mandegar.web.language import language_of

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])
LINES_MAX = 1_000
MonthText = Annotated[
    str | None,
    Query(max_length=20, description="A month of either calendar, 1405-09 or 2026-11; the present one if left out"),
]
Lang = Annotated[
    Literal["fa", "en"] | None,
    Query(description="Language of the page; defaults to Accept-Language, then to that of the shop"),
]
Format = Annotated[
    Literal["html", "json"] | None, Query(description="Defaults to html where Accept names text/html, else to json")
]


@router.get(
    "/statement",
    summary="Get the points and the credit of a month, as a page to print or as JSON",
    response_model=StatementAnswer,
    responses={
        200: {"content": {"text/html": {}}},
        **errors((422, "invalid_month", "`month` is no month of the Gregorian or the Jalali calendar")),
    },
)
async def statement(
    ctx: Ctx,
    request: Request,
    customer: CustomerRead,
    month: MonthText = None,
    lang: Lang = None,
    format_: Annotated[Format, Query(alias="format")] = None,
) -> Response:
    """The balance at the beginning of the month, what moved it, and the balance at its end, in days of the shop's zone.

    Without `month`, the present one: of the Jalali calendar in Persian, else of the Gregorian one. Credit in money is
    an account of its own, for whoever ever had any; on the page, Rials are shown in Toman.
    """
    async with as_shop(ctx.web, customer.shop) as connection:
        key, _ = await root_row(connection, customer)
        shop = (await load_shops(connection, [customer.shop]))[customer.shop]
    language = language_of(lang, request.headers.get("accept-language", ""), shop.locale)
    told = await _statement(ctx, key, month, shop, language)
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Origin, Accept, Accept-Language"}
    as_page = format_ == "html" or (format_ is None and "text/html" in request.headers.get("accept", ""))
    if not as_page:
        answer = json_answer(statement_fields(key.customer_id, told))
        answer.headers.update(headers)
        return answer
    page = statement_page(told, shop.name, key.customer_id, shop_days(shop.zone), language)
    return HTMLResponse(page, headers={**headers, "Content-Language": language, **page_headers(STYLE)})


async def _statement(ctx: Any, key: CustomerKey, text: str | None, shop: Shop, language: Language) -> Statement:
    now, days = to_us(ctx.clock.now()), shop_days(shop.zone)
    try:
        month = month_at(now, days, "jalali" if language == "fa" else "gregorian") if text is None else month_of(text)
    except ValueError as error:
        raise Problem(422, "invalid_month", f"`month` {error}") from None
    begin, end = month.span(days)
    until = max(min(end, now + 1), begin)
    async with as_shop(ctx.web, key.shop) as connection:
        spans = await spans_of(connection, key, from_us(begin), from_us(until), LINES_MAX)
    then = await balance_fields_at(ctx, key, Asked(from_us(until - 1), None))
    row, _ = await stored_balance(ctx, key)
    expiring, credit_expiring = None, None
    if row is not None:
        stored = unpack_credit(row["credit"])
        credit_expiring = None if stored is None else stored.next_expiry
        if row["next_expiry_at"] is not None:
            expiring = to_us(row["next_expiry_at"]), row["next_expiry_points"]
    credit = None if spans.credit is None else _account(spans.credit, credit_expiring, shop.currency)
    return Statement(month, begin, until, _account(spans.points, expiring), credit, then["tier"], complete=end <= now)


def _account(span: Span, expiring: tuple[int, int] | None, currency: str = "") -> Account:
    listed = span.opening
    for line in span.lines:
        listed = added(listed, line.moved)
    others = Balance(*(ours - theirs for ours, theirs in zip(span.closing, listed, strict=True)))
    return Account(
        span.opening,
        span.lines,
        span.all_lines - len(span.lines),
        others,
        span.closing,
        [] if expiring is None else [expiring],
        currency,
    )
