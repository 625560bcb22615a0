"""The whole way out, over real SMTP and a real HTTP gateway that speaks Kavenegar's wire format."""

import asyncio
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import httpx2
import uvicorn
from aiosmtpd import smtp
from pydantic import SecretStr
from starlette.applications import Starlette

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring
from harness.notify_service import Rounds, types
from harness.waiting import eventually
from mandegar_local.message_store import MessageStore
from mandegar_local.sms_outbox import Gateway, gateway_routes
from notify.channels.channel import Outgoing
from notify.channels.email.smtp import SmtpChannel
from notify.channels.sms.kavenegar import KavenegarChannel


class Sink:
    """Takes every mail."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  the name is given
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


async def test_mail_and_sms_arrive_and_the_mails_own_link_stops_the_next(notify, tmp_path):
    sink = Sink()
    mail_server = await asyncio.get_running_loop().create_server(
        lambda: smtp.SMTP(sink, hostname="sink"), "127.0.0.1", 0
    )
    kept = MessageStore(tmp_path / "messages.jsonl", lambda sms: [sms["receptor"]])
    gateway = Gateway(kept, "key", notify.clock)
    http = uvicorn.Server(
        uvicorn.Config(Starlette(routes=gateway_routes(gateway, kept)), port=0, lifespan="off", log_config=None)
    )
    serving = asyncio.create_task(http.serve())
    await eventually(lambda: http.started, bool)
    port = http.servers[0].sockets[0].getsockname()[1]
    channels = {
        "email": SmtpChannel(f"smtp://127.0.0.1:{mail_server.sockets[0].getsockname()[1]}"),
        "sms": KavenegarChannel(f"http://127.0.0.1:{port}", SecretStr("key")),
    }
    worker = Rounds(notify.context, channels)
    await notify.deliver(contact(), crossed(), expiring())
    while await worker.round():
        pass

    assert types(await notify.news()) == [("message.sent", None)] * 2
    [mail] = sink.mails
    assert mail["To"] == "c@example.test"
    [sms] = kept.all()
    assert (sms["receptor"], sms["sender"]) == ("09121234567", "10004346")
    assert sms["message"].endswith("\nلغو۱۱")
    sent = {message["channel"]: message for message in await notify.messages()}
    assert mail["Message-ID"] == f"<{sent['email']['message_id']}@notify.example.test>"
    assert (await channels["sms"].lookup(UUID(sent["sms"]["message_id"]))).kind == "accepted"

    path = httpx2.URL(mail["List-Unsubscribe"].strip("<>")).path
    assert (await notify.client.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    preferences = (await notify.ask("GET", "/v1/customers/c/preferences")).json()
    assert preferences["channels"]["email"]["consent"] == "withdrawn"

    for channel in channels.values():
        await channel.close()
    http.should_exit = True
    await serving
    mail_server.close()


async def test_a_gateway_that_answers_byte_by_byte_is_given_up_within_the_limit_of_a_call():
    """Behind the lease somebody else would ask about the send, and might call again while this call still goes on."""

    async def dribble(_reader, writer):
        with suppress(ConnectionError):
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.1)  # a byte before each of its clients would give up

    server = await asyncio.start_server(dribble, "127.0.0.1", 0)
    channel = KavenegarChannel(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", SecretStr("key"), timeout=0.5)
    async with asyncio.timeout(3):
        outcome = await channel.send(Outgoing(UUID(int=7), "+989121234567", "10004346", b"x"))
    await channel.close()
    server.close()

    assert (outcome.kind, outcome.code) == ("unknown", "sms_no_answer")
