"""What a request does, for the audit: routes that change something declare an action, and pass its ``Act`` on."""

from typing import Annotated, Any

import structlog
from fastapi import Depends, Request

from mandegar.database import Act
from mandegar.service.context import Context
from mandegar.tokens import Principal
from mandegar.web.access import CurrentPrincipal
from mandegar.web.dependencies import Ctx
from mandegar.web.slashes import with_slashes

# A member of the operation in OpenAPI.
ACTION = "x-mandegar-audit"
TARGET_MAX = 400
# Parameters of paths that are secrets. The route completes the target with what stands for them.
SECRET_PARAMETERS = frozenset({"code"})
# The longest text of an IPv6 address; a proxy could send any other.
ADDRESS_MAX = 45


def audited(action: str) -> dict[str, Any]:
    """``openapi_extra`` of a route that changes something: the stable name of what it does, such as ``key.make``."""
    return {ACTION: action}


def action_of(scope: Any) -> str | None:
    """The action that the route of a request declares, or None."""
    return (getattr(scope.get("route"), "openapi_extra", None) or {}).get(ACTION)


async def act(request: Request, ctx: Ctx, who: CurrentPrincipal) -> Act:
    """What this request does, as far as it is known before it is carried out."""
    return await act_of(request, ctx, who)


Acting = Annotated[Act, Depends(act)]


async def act_of(request: Request, ctx: Context, who: Principal) -> Act:
    """The act of an authenticated caller; raises ``RuntimeError`` if the route declares no action."""
    action = action_of(request.scope)
    if action is None:
        raise RuntimeError(f"{request.scope['route'].path} declares no action: openapi_extra=audited(...)")
    customer = who.subject is not None
    return Act(
        shop=who.shop,
        key_id=who.key_id,
        subject=await _stored_id(who.subject, ctx, who) if who.subject is not None else None,
        action=action,
        target=await _target(request, ctx, who),
        # The addresses of a shop's staff are kept; those of its customers are not.
        address=_printable(request.client.host, ADDRESS_MAX) if request.client and not customer else None,
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
    )


async def _target(request: Request, ctx: Context, who: Principal) -> str:
    """The path up to its last id, without the version of the API; a customer in it as they are stored."""
    template: str = request.scope["route"].path
    head, brace, _ = template.removeprefix("/v1/").rpartition("}")
    target = head + brace or template.removeprefix("/v1/")
    for name, value in request.path_params.items():
        if name in SECRET_PARAMETERS:
            target = target.replace(f"/{{{name}}}", "")
            continue
        text = await _stored_id(str(value), ctx, who) if name == "customer_id" else str(value)
        target = target.replace(f"{{{name}}}", text)
    return _printable(target, TARGET_MAX)


def _printable(text: str, length: int) -> str:
    """A text from outside without the characters that PostgreSQL or a reader of the audit cannot take."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:length])


async def _stored_id(customer_id: str, ctx: Context, who: Principal) -> str:
    """The id under which the customer is stored: no mail address and no phone number reaches the audit."""
    try:
        return await ctx.id_forms.stored_id(who.shop, with_slashes(customer_id))
    except ValueError:
        return "?"
