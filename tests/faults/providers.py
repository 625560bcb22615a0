"""The mail server and the SMS gateway of a run: they journal each call with its send, and misbehave when told to.

``moods`` says how often a channel does what: ``{"email": [("refuse_for_now", 0.5)]}``. Every call draws from the seed.

- ``refuse_for_now`` and ``too_many``: not taken over (451 and 429); it may be tried again.
- ``broken``: an answer that says nothing certain (words without a code after the content; HTTP 500 of the gateway).
- ``lose_answer``: taken over, and the connection ends before the answer.
- ``slow``: taken over and answered, late.
- ``garbage``: taken over, and the answer cannot be read (SMS only).
"""

import asyncio
import random
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from faults.journal import Lines

SLOW_SECONDS = 6.0
NO_ANSWER_SECONDS = 20.0
ACCEPTED, NOT_THEIRS = 5, 100


class Providers:
    """Both sinks, in the runner's own loop."""

    def __init__(self, journal: Lines, seed: int) -> None:
        self.journal = journal
        self.moods: dict[str, list[tuple[str, float]]] = {}
        self.calls = 0
        self._draw = random.Random(f"{seed}/providers")
        self._known: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._web: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, smtp_port: int, sms_port: int) -> None:
        loop = asyncio.get_running_loop()
        sink = _Mail(self)
        make = lambda: SMTP(sink, enable_SMTPUTF8=True, ident="sink", hostname="localhost", loop=loop)  # noqa: E731
        self._servers.append(await loop.create_server(make, "127.0.0.1", smtp_port))
        app = Starlette(routes=[Route("/v1/{key}/sms/{method}.json", self._sms, methods=["GET", "POST"])])
        config = uvicorn.Config(app, "127.0.0.1", sms_port, access_log=False, log_level="error", lifespan="off")
        self._web = uvicorn.Server(config)
        self._web.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._serving = asyncio.create_task(self._web._serve())

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        if self._web is not None and self._serving is not None:
            self._web.should_exit = self._web.force_exit = True
            await self._serving

    def called(self, channel: str, send_id: str) -> str:
        """Journal a call and draw what becomes of it."""
        self.calls += 1
        point, outcome = self._draw.random(), "accept"
        for mood, share in self.moods.get(channel, []):
            if point < share:
                outcome = mood
                break
            point -= share
        self.journal.write(channel=channel, send_id=send_id, outcome=outcome)
        return outcome

    async def _sms(self, request: Request) -> Response:
        fields = dict(request.query_params)
        if request.method == "POST":
            fields |= dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        local_id = fields.get("localid", "")
        if request.path_params["method"] != "send":
            known = self._known.get(local_id)
            return _answer(known, local_id, NOT_THEIRS if known is None else ACCEPTED)
        outcome = self.called("sms", local_id)
        if outcome == "too_many":
            return JSONResponse({}, 429, headers={"Retry-After": "1"})
        if outcome == "refuse_for_now":
            return JSONResponse({}, 424)
        number = self._known.setdefault(local_id, len(self._known) + 1)
        if outcome == "broken":
            return JSONResponse({}, 500)
        if outcome == "garbage":
            return PlainTextResponse("<html>not what you asked for", 200)
        if outcome in {"slow", "lose_answer"}:
            await asyncio.sleep(SLOW_SECONDS if outcome == "slow" else NO_ANSWER_SECONDS)
        return _answer(number, local_id, ACCEPTED)


class _Mail:
    """aiosmtpd's handler."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """What becomes of one mail; its Message-ID begins with the send's id."""
        mail = message_from_bytes(envelope.original_content or b"")
        send_id = str(mail["Message-ID"]).strip("<> ").partition("@")[0]
        match self._providers.called("email", send_id):
            case "refuse_for_now" | "too_many":
                return "451 4.3.2 not now"
            case "broken":
                return "something went wrong here"
            case "lose_answer":
                assert isinstance(server.transport, asyncio.Transport)
                server.transport.abort()
                return "250 OK"
            case "slow":
                await asyncio.sleep(SLOW_SECONDS)
        return "250 OK"


def _answer(number: int | None, local_id: str, status: int) -> Response:
    entry: dict[str, Any] = {"messageid": number, "localid": local_id, "status": status, "statustext": ""}
    return JSONResponse({"return": {"status": 200, "message": ""}, "entries": [entry]})
