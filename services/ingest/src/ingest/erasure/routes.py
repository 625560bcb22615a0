"""Erasing a customer, and letting them come again."""

from typing import Annotated

from fastapi import Response

from ingest.erasure import erase, readmit
from ingest.erasure.schemas import ErasureBegun, Readmitted
from mandegar.events import CustomerKey
from mandegar.web import Acting, Ctx, Router, audited, errors
from mandegar.web.access import TokenAccess
from mandegar.web.customers import customer

router = Router(prefix="/v1/customers", tags=["customers"])
Customer = Annotated[CustomerKey, customer(TokenAccess(("customers:erase",)))]
_UNKNOWN = (404, "unknown_customer", "no event of the customer has been accepted, or the id is a placeholder")


@router.delete(
    "/{customer_id}",
    status_code=202,
    summary="Erase a customer",
    responses=errors(_UNKNOWN),
    openapi_extra=audited("customer.erase"),
)
async def delete_customer(ctx: Ctx, customer: Customer, act: Acting, response: Response) -> ErasureBegun:
    """Erases the person under all their ids: the one in the path, those that were merged, their browsers, and the
    guest of each address that is theirs alone. A mail address or phone number in the path erases the account that has
    it. It cannot be undone.

    Ingest has erased what it holds when it answers, except for what is too much at once or was sent in the same moment,
    which follows within seconds. The other services erase when they read of it on their topics; ask each of them with
    the `Location`.

    Later events of the person have the status `suppressed` and are not stored, until the customer is readmitted.
    Repeating the request changes nothing and answers the same erasure.
    """
    outcome = await erase.erase(ctx, act, customer)
    response.headers["Location"] = f"/v1/erasures/{outcome.erasure_id}"
    return ErasureBegun(
        erasure_id=outcome.erasure_id,
        customer_id=outcome.root,
        status="already_erased" if outcome.stood else "erased",
    )


@router.post(
    "/{customer_id}/readmit",
    summary="Let an erased customer come again",
    responses=errors(
        _UNKNOWN,
        (409, "not_erased", "the customer is not erased"),
        (409, "erasure_under_way", "the customer is still being erased; try again in some seconds"),
    ),
    openapi_extra=audited("customer.readmit"),
)
async def post_readmit(ctx: Ctx, customer: Customer, act: Acting) -> Readmitted:
    """What is sent of the person from now on is accepted again, and they begin anew: without points, consents and
    history. What was erased does not come back, and events that were suppressed have to be sent again."""
    outcome = await readmit.readmit(ctx, act, customer)
    return Readmitted(customer_id=outcome.root, erasure_id=outcome.erasure_id)
