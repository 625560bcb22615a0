"""Merging two ids of one person by hand, and taking an id back."""

from typing import Annotated

from ingest.identity import by_hand
from ingest.identity.schemas import KEPT_BY_ROOT, Merged, MergeRequest, Split
from mandegar.events import CustomerKey
from mandegar.web import Acting, Ctx, Router, audited, errors
from mandegar.web.access import CurrentPrincipal, TokenAccess
from mandegar.web.customers import customer, customer_key

router = Router(prefix="/v1/customers", tags=["customers"])
Customer = Annotated[CustomerKey, customer(TokenAccess(("customers:merge",)))]
_UNKNOWN = (404, "unknown_customer", "no event of one of the customers has been accepted, or the id is a placeholder")

_ERASED = (409, "customer_erased", "a customer was erased; readmit them first")


@router.post(
    "/{customer_id}/merge",
    summary="Merge another id of the same person into a customer",
    responses=errors(
        _UNKNOWN,
        (409, "alias_of_another", "the alias is merged into another customer already"),
        _ERASED,
        (422, "same_customer", "both ids are the same"),
        (422, "alias_ranks_higher", "the alias is an account and the customer a guest or browser; exchange them"),
    ),
    openapi_extra=audited("customer.merge"),
)
async def post_merge(ctx: Ctx, customer: Customer, who: CurrentPrincipal, act: Acting, body: MergeRequest) -> Merged:
    """Everything that the alias did, does later or has belongs to the customer then: orders, points, addresses and
    consents (of which the stricter counts). Reads under either id answer for the customer.

    Repeating it changes nothing. If the customer in the path was itself merged into another, that other one gets the
    alias; if it was merged into the alias, the two are one customer already. Splitting the alias undoes the merge for
    what comes later.
    """
    alias = await customer_key(ctx, who, body.alias)
    outcome = await by_hand.merge(ctx, act, customer, alias)
    return Merged(
        customer_id=outcome.root,
        alias=alias.customer_id,
        version=outcome.version,
        status="merged" if outcome.changed else "already_merged",
    )


@router.post(
    "/{customer_id}/split",
    summary="Take an id back from the customer into whom it was merged",
    responses=errors(_UNKNOWN, (409, "not_merged", "the id is not merged into another customer"), _ERASED),
    openapi_extra=audited("customer.split"),
)
async def post_split(ctx: Ctx, customer: Customer, act: Acting) -> Split:
    """What is sent for the id from now on is its own again. What was before stays with the customer into whom it had
    been merged, as the answer says: points that were earned and orders that were bought together cannot be told apart.
    """
    outcome = await by_hand.split(ctx, act, customer)
    return Split(
        customer_id=customer.customer_id, root=outcome.root, version=outcome.version, kept_by_root=KEPT_BY_ROOT
    )
