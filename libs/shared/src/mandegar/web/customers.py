"""Resolves the customer in a path, as far as the token may read it.

Dependencies are async functions although none awaits: FastAPI runs sync ones in a thread pool, which costs a fifth of
a query.
"""

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from mandegar.customers.alias_rows import roots_of
from mandegar.database import as_shop
from mandegar.events import CustomerKey
from mandegar.service.context import Context
from mandegar.tokens import Principal
from mandegar.web.access import TokenAccess, secured
from mandegar.web.applied import WAIT_SECONDS, After, Wait, require_applied
from mandegar.web.dependencies import Ctx
from mandegar.web.problems import Problem
from mandegar.web.slashes import with_slashes

ID_MAX = 320
CustomerId = Annotated[
    str, Path(max_length=ID_MAX, description="The shop's id of the customer, a mail address or a phone number")
]


def customer(access: TokenAccess) -> Any:
    """The marker of a parameter that receives the customer in the path; a customer's token names its own only."""

    async def resolved(ctx: Ctx, who: Annotated[Principal, secured(access)], customer_id: CustomerId) -> CustomerKey:
        return await customer_key(ctx, who, customer_id)

    return Depends(resolved)


def customer_after(access: TokenAccess) -> Any:
    """``customer`` for a read, which may ask for an event that must have been applied."""

    # One dependency rather than two: each takes 30 microseconds of every read.
    async def resolved(
        request: Request,
        ctx: Ctx,
        who: Annotated[Principal, secured(access)],
        customer_id: CustomerId,
        after: After = None,
        wait: Wait = WAIT_SECONDS,
    ) -> CustomerKey:
        key = await customer_key(ctx, who, customer_id)
        if after is not None:
            await require_applied(request, key.shop, after, wait)
        return key

    return Depends(resolved)


async def customer_key(ctx: Context, who: Principal, customer_id: str) -> CustomerKey:
    """The customer that a principal may read, perhaps as an alias; a 404 problem for any other."""
    key = await stored_key(ctx, who.shop, with_slashes(customer_id))
    if who.subject is not None and (subject := await stored_key(ctx, who.shop, who.subject)) != key:
        await _require_one_person(ctx, key, subject)
    return key


async def stored_key(ctx: Context, shop: str, customer_id: str) -> CustomerKey:
    """The key under which a customer is stored; a 404 problem for what is no id."""
    try:
        return CustomerKey(shop, await ctx.id_forms.stored_id(shop, customer_id))
    except ValueError as error:
        raise unknown_customer() from error


async def _require_one_person(ctx: Context, key: CustomerKey, subject: CustomerKey) -> None:
    """A 404 problem unless both have one root: a token of an alias goes on reading by each id of the person."""
    async with as_shop(ctx.web, key.shop) as connection:
        roots = await roots_of(connection, (key, subject))
    if roots.get(key, key) != roots.get(subject, subject):
        raise unknown_customer()


def unknown_customer() -> Problem:
    """The 404 problem for customers who do not exist, and for customers whom the token may not read."""
    return Problem(
        404,
        "unknown_customer",
        "No such customer",
        "No event of this customer has been applied here. Events that were posted within the last second may still be "
        "on their way: to wait for one, add after=<event_id> with the event_id of its result",
    )


READ = TokenAccess(("customers:read",), customer_scopes=("customers:read",))
CustomerRead = Annotated[CustomerKey, customer_after(READ)]
