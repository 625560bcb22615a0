"""A mail server that stores all mails instead of delivering them, and shows them.

Pages: `/`, `/messages` (JSON) and `/messages/{id}/html`.
"""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Annotated

import typer
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from mandegar.clock import Clock
from mandegar_local.message_store import MessageStore, Record
from mandegar_local.sink_pages import Cell, index_page, message_routes, serve_until_stopped, time_cell

_TEXT_PAGE = (
    "<!doctype html><meta charset=utf-8><style>pre{{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext;"
    "text-align:start;font:15px/1.6 system-ui,sans-serif;max-width:40rem}}</style><pre dir=auto>{}</pre>"
)
# Lets a mail show its layout and pictures, without scripts, forms and other requests.
_NO_SCRIPTS = "default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; sandbox"


def read_mail(raw: bytes, envelope_from: str, envelope_to: list[str], received_at: str) -> Record:
    """The stored form of a mail: headers, both bodies, and the addresses of its envelope."""
    mail = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    return {
        "from": envelope_from,
        "to": envelope_to,
        "subject": str(mail.get("Subject", "")),
        "headers": {name: "\n".join(str(v) for v in mail.get_all(name, [])) for name in dict.fromkeys(mail.keys())},
        "html": _body(mail, "html"),
        "text": _body(mail, "plain"),
        "received_at": received_at,
    }


def mail_routes(store: MessageStore) -> list[BaseRoute]:
    """The pages of the mailbox."""

    async def index(_: Request) -> Response:
        rows = [
            (
                time_cell(mail["received_at"]),
                Cell(", ".join(mail["to"])),
                Cell(mail["subject"] or "(no subject)", href=f"/messages/{mail['id']}/html", long=True),
            )
            for mail in store.newest(200)
        ]
        return index_page("Mailbox", ("received", "to", "subject"), rows)

    async def rendered(request: Request) -> Response:
        mail = store.get(request.path_params["number"])
        if mail is None:
            return HTMLResponse("no such message", 404)
        body = mail["html"] or _TEXT_PAGE.format(escape(mail["text"] or ""))
        return HTMLResponse(body, headers={"Content-Security-Policy": _NO_SCRIPTS})

    return [Route("/", index), Route("/messages/{number:int}/html", rendered), *message_routes(store)]


class MailHandler:
    """The handler of aiosmtpd: stores each mail before its sender is answered."""

    def __init__(self, store: MessageStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by aiosmtpd at the end of a mail."""
        raw = envelope.original_content or b""
        now = self._clock.now().isoformat()
        record = self._store.append(read_mail(raw, envelope.mail_from or "", list(envelope.rcpt_tos), now))
        return f"250 OK stored as {record['id']}"


async def run(directory: Path, smtp_port: int, http_port: int, clock: Clock) -> None:
    """Serve SMTP and HTTP until stopped."""
    store = MessageStore(directory / "messages.jsonl", lambda mail: list(mail["to"]))
    loop = asyncio.get_running_loop()
    handler = MailHandler(store, clock)
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, ident="Mandegar mailbox", hostname="localhost", loop=loop),
        host="127.0.0.1",
        port=smtp_port,
    )
    try:
        await serve_until_stopped(mail_routes(store), http_port)
    finally:
        server.close()
        store.close()


def main(
    directory: Path,
    smtp_port: int,
    http_port: int,
    clock: Annotated[str, typer.Option(envvar="MANDEGAR_CLOCK")] = "",
) -> None:
    """Run the mailbox."""
    asyncio.run(run(directory, smtp_port, http_port, Clock.parse(clock)))


def _body(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    if part is None:
        return None
    content = part.get_content()
    return content if isinstance(content, str) else content.decode(errors="replace")


if __name__ == "__main__":
    typer.run(main)
