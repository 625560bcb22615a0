"""One-click unsubscribe (RFC 8058): POST takes effect at once, GET shows a page and changes nothing."""

from importlib.resources import files
from typing import Annotated

from fastapi import Path
from starlette.responses import HTMLResponse, Response

from mandegar.database import as_customer_writing
from mandegar.events import CustomerKey
from mandegar.web import Router, public
from notify.contacts.change_consent import change_consents
from notify.contacts.unsubscribe_token import read_token
from notify.settings import NotifyCtx

router = Router(prefix="/u", tags=["unsubscribe"], dependencies=[public("link")])

_HEADERS = {
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}
Token = Annotated[str, Path(max_length=2000, description="The token of the link in a message")]


def _page(name: str) -> HTMLResponse:
    text = (files("notify") / "contacts" / "unsubscribe" / name).read_text(encoding="utf-8")
    return HTMLResponse(text, headers=_HEADERS)


@router.get("/{token}", summary="The unsubscribe page", response_class=HTMLResponse)
async def ask(token: Token) -> Response:  # noqa: ARG001  the page is the same for every token
    """A page with one button, the same for every token. Opening it changes nothing."""
    return _page("ask.html")


@router.post("/{token}", summary="Unsubscribe from the channel of the link", response_class=HTMLResponse)
async def leave(ctx: NotifyCtx, token: Token) -> Response:
    """Withdraws consent to marketing on the channel over which the link was sent, whatever the body of the request.

    Unknown tokens get the same answer.
    """
    leaving = read_token(token, *ctx.settings.unsubscribe_keys)
    if leaving is not None:
        async with as_customer_writing(ctx.web, leaving.shop) as connection:
            await change_consents(
                connection,
                CustomerKey(leaving.shop, leaving.customer_id),
                {leaving.channel: "withdrawn"},
                method="one_click",
                now=ctx.clock.now(),
            )
        ctx.wake_relay()
    return _page("done.html")
