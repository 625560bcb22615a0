"""Checks the tokens of requests, and resolves the customer in a path.

Dependencies are async functions although none awaits: FastAPI runs sync ones in a thread pool, which costs a fifth of
a query.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Path
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mandegar.events import CustomerKey
from mandegar.events.identity import canonical_customer_id
from mandegar.tokens import InvalidToken, Principal
from mandegar.web.dependencies import Ctx
from mandegar.web.problems import Problem
from mandegar.web.slashes import with_slashes

_bearer = HTTPBearer(auto_error=False, description="A signed token (JWT, EdDSA): from `mandegar token`, or the shop's")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def principal(ctx: Ctx, credentials: _Bearer) -> Principal:
    """The caller that the bearer token identifies; a 401 problem without a valid token."""
    if credentials is None:
        raise Problem(
            401,
            "unauthenticated",
            "A bearer token is required",
            headers={"WWW-Authenticate": 'Bearer realm="mandegar"'},
        )
    try:
        return ctx.tokens.verify(credentials.credentials)
    except InvalidToken as error:
        raise Problem(
            401,
            "invalid_token",
            "The token is not valid",
            str(error),
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        ) from error


def require(scope: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency: the principal if the token has ``scope``; a 403 problem otherwise, and for browser tokens."""

    async def authorised(who: Annotated[Principal, Depends(principal)]) -> Principal:
        if scope not in who.scopes or who.subject is not None:
            raise Problem(403, "forbidden", f"The token needs the scope {scope}")
        return who

    return authorised


async def customer_read(
    ctx: Ctx,
    who: Annotated[Principal, Depends(principal)],
    customer_id: Annotated[
        str, Path(max_length=320, description="The shop's id of the customer, a mail address or a phone number")
    ],
) -> CustomerKey:
    """The customer in the path, if the token may read it; a browser's token may read its own subject only."""
    if "customers:read" not in who.scopes:
        raise Problem(403, "forbidden", "The token needs the scope customers:read")
    try:
        canonical = canonical_customer_id(with_slashes(customer_id), shop=who.shop, key=ctx.identity_key)
        subject = who.subject and canonical_customer_id(who.subject, shop=who.shop, key=ctx.identity_key)
    except ValueError as error:
        raise unknown_customer() from error
    if subject is not None and subject != canonical:
        raise unknown_customer()
    return CustomerKey(who.shop, canonical)


def unknown_customer() -> Problem:
    """The 404 problem for customers who do not exist, and for customers whom the token may not read."""
    return Problem(404, "unknown_customer", "No such customer")


CustomerRead = Annotated[CustomerKey, Depends(customer_read)]
