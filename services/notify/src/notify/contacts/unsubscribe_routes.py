"""One-click unsubscribe (RFC 8058): POST takes effect at once, GET shows a page and changes nothing."""

from importlib.resources import files
from typing import Annotated, Any

from fastapi import Path
from starlette.responses import HTMLResponse, Response

from mandegar.database import as_customer_writing
from mandegar.web import Router, public
from notify.contacts.change_consent import leave
from notify.contacts.unsubscribe_token import Leaving, read_token
from notify.settings import NotifyCtx

router = Router(prefix="/u", tags=["unsubscribe"], dependencies=[public("link")])

_HEADERS = {
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}
_NOT_COMPLETE: dict[int | str, dict[str, Any]] = {
    404: {"description": "The link is not complete: it was cut or changed", "content": {"text/html": {}}}
}
Token = Annotated[str, Path(description="The token of the link in a message")]


def _page(name: str, status: int = 200) -> HTMLResponse:
    text = (files("notify") / "contacts" / "unsubscribe" / name).read_text(encoding="utf-8")
    return HTMLResponse(text, status, headers=_HEADERS)


def _leaving(ctx: NotifyCtx, token: str) -> Leaving | None:
    return read_token(token, *ctx.settings.unsubscribe_keys)


def _incomplete() -> HTMLResponse:
    return _page("incomplete.html", 404)


@router.head("/{token:path}", include_in_schema=False)
@router.get("/{token:path}", summary="Get the unsubscribe page", response_class=HTMLResponse, responses=_NOT_COMPLETE)
async def ask(ctx: NotifyCtx, token: Token) -> Response:
    """A page with one button, the same for every token that this installation signed. Opening it changes nothing."""
    return _page("ask.html") if _leaving(ctx, token) else _incomplete()


@router.post(
    "/{token:path}",
    summary="Unsubscribe from the channel of the link",
    response_class=HTMLResponse,
    responses=_NOT_COMPLETE,
)
async def unsubscribe(ctx: NotifyCtx, token: Token) -> Response:
    """Withdraws consent to marketing for the address to which the link was sent, whatever the body of the request.
    It holds for every customer of the shop who has this address.

    The answer does not reveal whether the customer exists. A token that was cut or changed withdraws nothing.
    """
    leaving = _leaving(ctx, token)
    if leaving is None:
        return _incomplete()
    async with as_customer_writing(ctx.web, leaving.shop) as connection:
        await leave(connection, leaving, now=ctx.clock.now(), key=ctx.identity_key)
    ctx.wake_relay()
    return _page("done.html")
