"""The SMTP adapter against a real SMTP server: what each way of failing means for the message."""

# ruff: noqa: N802, ARG002 -- the names and arguments of the sink's hooks are given

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from aiosmtpd import smtp

from harness.waiting import eventually
from notify.channels.channel import Outgoing
from notify.channels.email import smtp as smtp_channel
from notify.channels.email.smtp import SmtpChannel


class Behaviour:
    """A mail server that answers as it is told, and remembers what it took."""

    def __init__(self, *, rcpt="250 OK", data="250 OK", hang_up_after_data=False):
        self.rcpt, self.data, self.hang_up_after_data = rcpt, data, hang_up_after_data
        self.hang_up_at_next_mail = False
        self.taken, self.connections, self.servers, self.recipients = [], 0, [], []

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.hang_up_at_next_mail:
            self.hang_up_at_next_mail = False
            server.transport.abort()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):
        if self.hang_up_after_data:
            server.transport.abort()
        if self.data.startswith("250"):
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.data


class Server(smtp.SMTP):
    """Remembers each recipient as the client wrote it: the hooks get it without quotes."""

    async def smtp_RCPT(self, arg):
        self.event_handler.recipients.append(arg)
        await super().smtp_RCPT(arg)


@asynccontextmanager
async def mail_server(behaviour):
    def connected():
        behaviour.connections += 1
        server = Server(behaviour, hostname="sink", loop=asyncio.get_running_loop())
        behaviour.servers.append(server)
        return server

    listening = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    channel = SmtpChannel(f"smtp://127.0.0.1:{listening.sockets[0].getsockname()[1]}", timeout=2)
    try:
        yield channel
    finally:
        await channel.close()
        listening.close()


def mail(to="sara@example.test"):
    return Outgoing(uuid4(), to, "hello@shop.example.test", b"Subject: x\r\n\r\nbody\r\n.dot\r\n")


async def test_a_mail_that_the_server_takes_is_accepted_whole():
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        outcome = await channel.send(mail())

    assert outcome.kind == "accepted"
    assert behaviour.taken == [
        ("hello@shop.example.test", ["sara@example.test"], b"Subject: x\r\n\r\nbody\r\n.dot\r\n")
    ]


async def test_one_connection_carries_many_mails():
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        outcomes = await asyncio.gather(*(channel.send(mail()) for _ in range(5)))

    assert [outcome.kind for outcome in outcomes] == ["accepted"] * 5
    assert behaviour.connections == 1


@pytest.mark.parametrize(
    ("behaviour", "kind", "code"),
    [
        (Behaviour(rcpt="550 5.1.1 <sara@example.test> unknown"), "refused", "smtp_550_5.1.1"),
        (Behaviour(rcpt="450 4.2.1 try later"), "retry", "smtp_450_4.2.1"),
        (Behaviour(data="554 no"), "refused", "smtp_554"),
        (Behaviour(data="451 busy"), "retry", "smtp_451"),
    ],
)
async def test_a_refusal_is_told_by_its_code_without_the_servers_words(behaviour, kind, code):
    async with mail_server(behaviour) as channel:
        outcome = await channel.send(mail())
        again = await channel.send(mail())

    assert (outcome.kind, outcome.code) == (kind, code)
    assert again == outcome
    assert behaviour.taken == []


async def test_an_answer_lost_behind_the_content_is_unknown_and_not_repeated():
    behaviour = Behaviour(hang_up_after_data=True)
    async with mail_server(behaviour) as channel:
        outcome = await channel.send(mail())

    assert (outcome.kind, outcome.code) == ("unknown", "smtp_no_answer")
    assert len(behaviour.taken) == 1


async def test_a_connection_that_the_server_closed_meanwhile_is_opened_again():
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        await channel.send(mail())
        behaviour.servers[0].transport.abort()
        await eventually(lambda: channel._idle[0]._wire._lost, bool)
        outcome = await channel.send(mail())

    assert outcome.kind == "accepted"
    assert len(behaviour.taken) == 2


async def test_a_connection_that_ends_when_the_next_mail_begins_is_opened_again():
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        await channel.send(mail())
        behaviour.hang_up_at_next_mail = True
        outcome = await channel.send(mail())

    assert outcome.kind == "accepted"
    assert (behaviour.connections, len(behaviour.taken)) == (2, 2)


async def test_a_connection_takes_only_so_many_mails(monkeypatch):
    monkeypatch.setattr(smtp_channel, "MESSAGES_PER_CONNECTION", 2)
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        outcomes = [await channel.send(mail()) for _ in range(3)]

    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert (behaviour.connections, len(behaviour.taken)) == (2, 3)


async def test_a_server_that_is_not_there_means_later():
    channel = SmtpChannel("smtp://127.0.0.1:9", timeout=2)

    assert (await channel.send(mail())).kind == "retry"


async def test_an_address_that_would_speak_smtp_is_refused():
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        outcome = await channel.send(mail("sara@example.test>\r\nRCPT TO:<eve@example.test"))

    assert outcome.kind == "refused"
    assert behaviour.taken == []


async def test_smtp_cannot_be_asked_afterwards():
    assert await SmtpChannel("smtp://127.0.0.1:9").lookup(uuid4()) is None


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:25", "smtp://"])
def test_an_address_that_is_no_relay_is_refused(url):
    with pytest.raises(ValueError):
        SmtpChannel(url)


def test_a_message_shows_neither_address_nor_content():
    assert "sara" not in repr(mail())
    assert "body" not in repr(mail())


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'),
        ("sara@bücher.example", "sara@xn--bcher-kva.example"),
    ],
)
async def test_an_unusual_address_reaches_the_server_in_the_form_that_smtp_knows(address, sent):
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        outcome = await channel.send(mail(to=address))

    assert outcome.kind == "accepted"
    assert behaviour.recipients == [f"TO:<{sent}>"]


async def test_a_sender_that_is_no_address_is_refused_without_a_call():
    behaviour = Behaviour()
    async with mail_server(behaviour) as channel:
        outcome = await channel.send(replace(mail(), sender="<a@b.test>"))

    assert (outcome.kind, outcome.code) == ("refused", "bad_sender")
    assert behaviour.connections == 0
