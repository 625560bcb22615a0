"""How the SMTP adapter logs in: by each method that relays offer, and by the next where one is refused."""

import base64
import hmac
from uuid import UUID

import pytest

from harness.listening import listening
from harness.mail_server import PROPER
from notify.channels.channel import Outgoing
from notify.channels.email.smtp import SmtpChannel

USER, PASSWORD = "shop@example.test", "p@ss: wörd"
NONCE = b"<1896.697170952@relay.test>"
CHALLENGE = base64.b64encode(NONCE)
MAIL = Outgoing(UUID(int=1), "sara@example.test", "hello@shop.example.test", b"Subject: x\r\n\r\nbody")


class Relay:
    """Offers ``methods`` and refuses those in ``refused``; ``logged_in`` are the methods with the right password."""

    def __init__(self, methods, refused=(), challenge=CHALLENGE):
        self.methods, self.refused, self.challenge = methods, refused, challenge
        self.logged_in, self.tried = [], []

    async def __call__(self, reader, writer):
        writer.write(PROPER["greeting"])
        while line := await reader.readline():
            command, _, argument = line.decode().strip().partition(" ")
            if command == "EHLO":
                writer.write(f"250-sink\r\n250 AUTH {' '.join(self.methods)}\r\n".encode())
            elif command == "AUTH":
                writer.write(await self.log_in(*argument.partition(" ")[::2], reader, writer))
            elif command == "DATA":
                writer.write(PROPER["DATA"])
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 OK\r\n")
            else:
                writer.write(b"250 OK\r\n")

    async def log_in(self, method, initial, reader, writer):
        self.tried.append(method)
        if method in self.refused:
            return b"535 5.7.8 no\r\n"

        async def answer_to(challenge):
            writer.write(b"334 " + challenge + b"\r\n")
            return base64.b64decode(await reader.readline())

        match method:
            case "PLAIN":
                right = base64.b64decode(initial) == f"\0{USER}\0{PASSWORD}".encode()
            case "LOGIN":
                right = base64.b64decode(initial) == USER.encode()
                right &= await answer_to(base64.b64encode(b"Password:")) == PASSWORD.encode()
            case _:
                proof = hmac.new(PASSWORD.encode(), NONCE, "md5").hexdigest()
                right = await answer_to(self.challenge) == f"{USER} {proof}".encode()
        if right:
            self.logged_in.append(method)
        return b"235 2.7.0 welcome\r\n" if right else b"535 5.7.8 wrong\r\n"


async def send(relay):
    async with listening(relay) as port:
        channel = SmtpChannel(f"smtp://shop%40example.test:p%40ss%3A%20w%C3%B6rd@127.0.0.1:{port}", timeout=2)
        outcome = await channel.send(MAIL)
        await channel.close()
    return outcome


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN", "CRAM-MD5"])
async def test_each_method_that_a_relay_offers_alone_logs_in(method):
    relay = Relay(["XOAUTH2", method])

    assert (await send(relay)).kind == "accepted"
    assert relay.logged_in == [method]


async def test_a_method_that_is_offered_and_refused_is_followed_by_the_next():
    relay = Relay(["LOGIN", "PLAIN", "CRAM-MD5"], refused=("CRAM-MD5", "PLAIN"))

    assert (await send(relay)).kind == "accepted"
    assert relay.tried == ["CRAM-MD5", "PLAIN", "LOGIN"]


@pytest.mark.parametrize(
    "relay",
    [Relay(["XOAUTH2"]), Relay([]), Relay(["PLAIN"], refused=("PLAIN",)), Relay(["CRAM-MD5"], challenge=b"no base64!")],
    ids=["unknown-method", "none", "refused", "challenge"],
)
async def test_a_relay_that_no_method_opens_refuses_no_mail(relay):
    outcome = await send(relay)

    assert (outcome.kind, outcome.code, outcome.fault) == ("retry", "smtp_login_failed", "auth")
    assert relay.logged_in == []
