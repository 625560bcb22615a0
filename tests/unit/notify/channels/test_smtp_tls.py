"""What the SMTP adapter puts on the wire before a connection is encrypted: judged by the bytes that a server gets."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from harness.certificates import Authority
from notify.channels.channel import Outgoing
from notify.channels.email.smtp import SmtpChannel

PASSWORD = "hunter2"
OFFERS = b"250-relay.test\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000000\r\n"
STRIPPED = b"250-relay.test\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000000\r\n"


class Relay:
    """A mail server that answers by a script; it records what it was sent in clear and what under TLS."""

    def __init__(self, *, greeting=b"220 relay.test\r\n", ehlo=OFFERS, starttls=b"220 go ahead\r\n", certificate=None):
        self.greeting, self.ehlo, self.starttls, self.certificate = greeting, ehlo, starttls, certificate
        self.clear, self.encrypted = [], []

    async def __call__(self, reader, writer):
        self.encrypting = False
        writer.write(self.greeting)
        while line := await reader.readline():
            (self.encrypted if self.encrypting else self.clear).append(line)
            await self.answer(line.upper(), reader, writer)
        writer.close()

    async def answer(self, line, reader, writer):
        if line.startswith((b"EHLO", b"HELO")):
            writer.write(self.ehlo if not self.encrypting else STRIPPED)
        elif line.startswith(b"STARTTLS"):
            writer.write(self.starttls)
            if self.certificate and self.starttls.startswith(b"220"):
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(self.certificate.certificate, self.certificate.key)
                await writer.start_tls(context)
                self.encrypting = True
        elif line.startswith(b"AUTH"):
            writer.write(b"235 welcome\r\n")
        elif line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            while (await reader.readline()) != b".\r\n":
                pass
            writer.write(b"250 taken\r\n")
        else:
            writer.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")


@asynccontextmanager
async def served(relay, scheme, *, host="127.0.0.1", ca_file=""):
    async def one(reader, writer):
        try:
            await relay(reader, writer)
        except OSError:
            writer.close()

    listening = await asyncio.start_server(one, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    channel = SmtpChannel(f"{scheme}://user:{PASSWORD}@{host}:{port}", ca_file=str(ca_file), timeout=2)
    try:
        yield channel
    finally:
        await channel.close()
        listening.close()


def mail():
    return Outgoing(uuid4(), "sara@example.test", "hello@shop.example.test", b"Subject: x\r\n\r\nbody\r\n")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def commands(lines):
    return [line.split()[0].upper() for line in lines]


def secrets(lines):
    """What of a login or a mail is among the bytes."""
    return [
        word for word in (b"AUTH", b"MAIL", b"RCPT", b"DATA", b"sara", PASSWORD.encode()) if word in b"".join(lines)
    ]


@pytest.mark.parametrize(
    ("relay", "code"),
    [
        (Relay(ehlo=STRIPPED), "smtp_no_tls"),
        (Relay(ehlo=b"250 relay.test\r\n"), "smtp_no_tls"),
        (Relay(ehlo=b"500 what\r\n"), "smtp_ehlo_500"),
        (Relay(starttls=b"454 not now\r\n"), "smtp_no_tls"),
        (Relay(starttls=b"502 never\r\n"), "smtp_no_tls"),
        (Relay(starttls=b"220 go ahead\r\n235 you are in\r\n250 ok\r\n"), "smtp_no_tls"),
        (Relay(starttls=b""), "smtp_no_tls"),
        (Relay(starttls=b"\x00\xff\r\n"), "smtp_no_tls"),
    ],
    ids=["stripped", "none", "no-ehlo", "not-now", "never", "answers-injected", "silent", "garbage"],
)
async def test_where_tls_is_required_nothing_is_sent_without_it(relay, code):
    async with served(relay, "smtp+starttls") as channel:
        outcome = await channel.send(mail())
        again = await channel.send(mail())

    assert (outcome.kind, outcome.code) == ("retry", code)
    assert again == outcome
    assert secrets(relay.clear) == []


async def test_a_mail_goes_out_under_tls_with_the_password_behind_it(authority):
    relay = Relay(certificate=authority.issue("127.0.0.1"))
    async with served(relay, "smtp+starttls", ca_file=authority.file) as channel:
        outcome = await channel.send(mail())

    assert outcome.kind == "accepted"
    assert commands(relay.clear) == [b"EHLO", b"STARTTLS"]
    assert commands(relay.encrypted)[:5] == [b"EHLO", b"AUTH", b"MAIL", b"RCPT", b"DATA"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_certificate_of_somebody_else_ends_the_connection(authority, tmp_path, host):
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "stranger")
    wrong_name, wrong_authority = authority.issue("mail.example.test"), stranger.issue("127.0.0.1", "localhost")
    for certificate in (wrong_name, wrong_authority):
        relay = Relay(certificate=certificate)
        async with served(relay, "smtp+starttls", host=host, ca_file=authority.file) as channel:
            outcome = await channel.send(mail())

        assert (outcome.kind, outcome.code) == ("retry", "smtp_no_tls")
        assert relay.encrypted == []
        assert commands(relay.clear)[:2] == [b"EHLO", b"STARTTLS"]
        assert secrets(relay.clear) == []


async def test_a_server_that_does_not_speak_tls_gets_nothing_over_smtps():
    relay = Relay()
    async with served(relay, "smtps") as channel:
        outcome = await channel.send(mail())

    assert (outcome.kind, outcome.code) == ("retry", "smtp_unreachable")
    assert secrets(relay.clear) == []


@pytest.mark.parametrize(
    "greeting", [b"554 no\r\n", b"421 later\r\n", b"nonsense\r\n"], ids=["no", "later", "nonsense"]
)
async def test_a_server_that_refuses_the_connection_refuses_no_mail(greeting):
    async with served(Relay(greeting=greeting), "smtp") as channel:
        assert (await channel.send(mail())).kind == "retry"


@pytest.mark.parametrize("answer", [b"535 wrong password\r\n", b"454 not now\r\n"], ids=["wrong", "not-now"])
async def test_a_login_that_fails_refuses_no_mail(answer, authority):
    class NobodyLogsIn(Relay):
        async def answer(self, line, reader, writer):
            if line.startswith(b"AUTH"):
                writer.write(answer)
            else:
                await super().answer(line, reader, writer)

    async with served(
        NobodyLogsIn(certificate=authority.issue("127.0.0.1")), "smtp+starttls", ca_file=authority.file
    ) as channel:
        outcome = await channel.send(mail())

    assert (outcome.kind, outcome.code) == ("retry", "smtp_login_failed")
