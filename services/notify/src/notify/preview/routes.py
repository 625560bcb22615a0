"""A journey's message, rendered for a sample customer or for one of the shop's own."""

from typing import Annotated

from fastapi import Query

from mandegar.database import as_shop
from mandegar.shops import load_shops
from mandegar.telemetry.logging import logger
from mandegar.web import Principal, Problem, Router, errors, require
from mandegar.web.customers import stored_key, unknown_customer
from mandegar.web.edge.allowances import COST
from notify.channels.sms import parts as sms_parts
from notify.contacts.rows import load_contact
from notify.domain.arbiter import RULES
from notify.domain.journey import Journey, in_force
from notify.domain.language import Language, language_of
from notify.journeys.rows import load_journeys
from notify.preview.schemas import Preview, SmsPreview
from notify.rendering.message import Sms, render, values
from notify.rendering.samples import sample_facts, sample_recipient
from notify.sends.compose import recipient_for, sender_for
from notify.settings import NotifyCtx

# One preview takes as much of a shop's allowance as so many reads.
PREVIEW_COST = 50
# Whoever opens the link of a preview must not unsubscribe anybody, not even a customer with the id "preview".
UNSIGNED = "preview"

router = Router(prefix="/v1/journeys", tags=["journeys"])
log = logger(__name__)


@router.post(
    "/{name}/preview",
    summary="Render a journey's message without sending it",
    responses=errors(
        (404, "unknown_journey", "the shop has no such journey in force"),
        (404, "unknown_customer", "the shop has no such customer"),
        (409, "unknown_shop", "the settings of the shop have not arrived yet"),
        (409, "not_rendered", "the template cannot be filled"),
    ),
    openapi_extra={COST: PREVIEW_COST},
)
async def preview(
    ctx: NotifyCtx,
    who: Annotated[Principal, require("journeys:write")],
    name: str,
    locale: Annotated[
        Language | None, Query(description="Defaults to the customer's language, then the shop's")
    ] = None,
    customer_id: Annotated[
        str | None, Query(max_length=320, description="A customer of the shop; a sample customer if left out")
    ] = None,
) -> Preview:
    """Renders the message of the version in force, with sample data of its trigger. Nothing is sent or stored. For a
    customer of the shop, whose name the message contains, the token also needs the scope `customers:read`.
    """
    if customer_id is not None and "customers:read" not in who.scopes:
        raise Problem(403, "forbidden", "A preview for a customer needs the scope customers:read")
    now = ctx.clock.now()
    customer = None if customer_id is None else await stored_key(ctx, who.shop, customer_id)
    async with as_shop(ctx.web, who.shop) as connection:
        versions = await load_journeys(connection, {who.shop}, now, now)
        shop = (await load_shops(connection, {who.shop})).get(who.shop)
        contact = None
        if customer is not None:
            contact = await load_contact(connection, customer)
            if contact is None:
                raise unknown_customer()
    journeys = {journey.name: journey for journey in in_force(versions[who.shop], now)}
    if name not in journeys:
        raise Problem(
            404, "unknown_journey", "No such journey", f"Journeys of this shop: {', '.join(sorted(journeys))}"
        )
    journey = journeys[name]
    if shop is None:
        raise Problem(409, "unknown_shop", "The shop's settings have not arrived yet")
    language = locale or language_of(contact.locale if contact else None, shop.locale)
    sender = sender_for(shop, UNSIGNED, ctx.settings)
    try:
        recipient = (
            recipient_for(contact, shop, language)
            if contact
            else sample_recipient(language, shop.zone, now, stops_by_reply=shop.phone_region == "IR")
        )
        shown = values(journey, sample_facts(journey.event, now), recipient, sender, now)
        return _preview(journey, shown, language)
    except Exception as error:
        log.warning("preview_not_rendered", error=type(error).__name__)
        raise Problem(409, "not_rendered", "The message cannot be rendered", RULES["not_rendered"]) from error


def _preview(journey: Journey, shown: dict[str, object], language: Language) -> Preview:
    message = render(journey, shown, language)
    made = Preview(journey=journey.name, version=journey.version, channel=journey.channel, locale=language)
    if isinstance(message, Sms):
        parts = sms_parts.count(message.text)
        made.sms = SmsPreview(text=message.text, encoding=parts.encoding, units=parts.units, parts=parts.parts)
    else:
        made.subject, made.text, made.html = message.subject, message.text, message.html
    return made
