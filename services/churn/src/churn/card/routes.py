"""The customer card: everything a front end or a support agent needs, in one read."""

from churn.card.read_rows import read_cards
from churn.card.schemas import UNCHANGED, Card, card_fields, steady_fields
from mandegar.web import Ctx, CustomerRead, Router
from mandegar.web.access import CurrentPrincipal
from mandegar.web.customers import unknown_customer
from mandegar.web.json_answer import as_bytes
from mandegar.web.language import AcceptLanguage, Lang, language_of
from mandegar.web.versioned import VersionedBytes

router = Router()


@router.read("/v1/customers/{customer_id}", Card, summary="Get the card of a customer", responses=UNCHANGED)
async def card(
    ctx: Ctx, customer: CustomerRead, who: CurrentPrincipal, lang: Lang = None, accept_language: AcceptLanguage = ""
) -> VersionedBytes:
    """Returns what is known of one customer: risk with its reasons, stage and segments, orders and what was in the last
    one, activity, tickets, answers to surveys, points, tier, the last messages, consents, and ids that were merged.

    Risk is as of now; `freshness` says how current each other part is. The `ETag` covers every part.
    A customer's own token gets null for `lifecycle`, `segments`, `tickets`, `answers` and `ids`, and of the messages
    those that were sent.
    """
    [read], as_of = await read_cards(ctx, customer.shop, [customer.customer_id])
    own = who.subject is not None
    fields = card_fields(customer.shop, read, as_of, language_of(lang, accept_language), own=own)
    if fields is None:
        raise unknown_customer()
    version: int = fields["freshness"]["risk"]["version"]
    return VersionedBytes(as_bytes(fields), as_bytes(steady_fields(fields)), version, shop=customer.shop)
