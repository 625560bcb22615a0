"""The SMTP adapter against a server that answers anything at any stage: never an error, and no mail is sent twice."""

import asyncio
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.listening import listening
from harness.mail_server import HANG_UP, mail_server
from notify.channels.channel import Outgoing
from notify.channels.email.session import Session
from notify.channels.email.smtp import SmtpChannel

KINDS = {"accepted", "refused", "retry", "unknown"}
STAGES = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "content", "RSET")


def mail():
    return Outgoing(uuid4(), "sara@example.test", "hello@shop.example.test", b"Subject: x\r\n\r\nbody\r\n")


ODD = [
    *(b"\r\n", b"\r\n250 OK\r\n", b"250\r\n", b"OK\r\n", b"-12 x\r\n", b"+25 x\r\n", b"2_5 x\r\n", b"000 x\r\n"),
    *(b"999 x\r\n", b"250 " + b"x" * 9_000 + b"\r\n", b"250-" + b"x" * 9_000 + b"\r\n", b"\xff\xfe\x00\r\n"),
    *(b"250-more\r\n" * 5_000, b"250-\xd9\xa1\r\n250 \xff\r\n", b"\0" * 100_000, b"250", b"", b"550-5.1.1 a\r\n"),
    *(b"220 x\r\n", b"354 x\r\n", b"421 4.3.2 down\r\n", b"251 x\r\n", b"334 x\r\n", b"250 a\r\n550 b\r\n250 c\r\n"),
    HANG_UP,
]


@pytest.mark.parametrize("stage", STAGES)
async def test_an_odd_answer_at_any_stage_is_an_outcome_and_the_next_mail_gets_a_fresh_start(stage):
    for answer in ODD:
        script = {stage: answer} if stage != "RSET" else {"RSET": answer, "RCPT": b"550 no\r\n"}
        async with mail_server(script) as (channel, server):
            outcome = await channel.send(mail())
            assert outcome.kind in KINDS
            before_content = not server.contents
            if before_content and stage != "DATA":
                assert outcome.kind in ("retry", "refused"), (stage, answer)
            server.script.clear()
            again = await channel.send(mail())

        assert again.kind == "accepted", (stage, answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"\r\n250 OK\r\n",
        b"OK\r\n",
        b"250 " + b"x" * 9_000 + b"\r\n",
        b"250-more\r\n" * 5_000,
        b"\xff\xfe\r\n",
        b"-12 x\r\n",
        b"354 again\r\n",
        b"251 elsewhere\r\n",
        b"",
        HANG_UP,
    ],
    ids=range(10),
)
async def test_an_unreadable_answer_to_the_content_is_unknown_and_never_repeated(answer):
    async with mail_server({"content": answer}) as (channel, server):
        outcome = await channel.send(mail())

    assert outcome.kind == "unknown"
    assert len(server.contents) == 1


async def test_an_answer_that_never_ends_is_given_up_within_the_limit_of_a_call():
    """Behind the lease another worker would take the send for lost while this call still goes on."""

    async def dribble(_reader, writer):
        writer.write(b"220 sink\r\n")
        while True:
            writer.write(b"250-more\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)  # each line before its client would give up waiting for one

    async with listening(dribble) as port, asyncio.timeout(5):
        channel = SmtpChannel(f"smtp://127.0.0.1:{port}", timeout=0.5)
        outcome = await channel.send(mail())
        await channel.close()

    assert outcome.kind == "retry"


@pytest.mark.parametrize(
    ("method", "kind"),
    [("announce", "retry"), ("name_recipient", "retry"), ("ask_for_content", "retry"), ("send_content", "unknown")],
)
async def test_whatever_the_client_raises_is_an_outcome(monkeypatch, method, kind):
    async with mail_server({}) as (channel, _):
        for error in (RuntimeError("x"), UnicodeError("x"), RecursionError("x"), AttributeError("x"), ValueError("x")):

            async def call(*_, raised=error, **__):
                raise raised

            monkeypatch.setattr(Session, method, call)
            outcome = await channel.send(mail())
            assert (outcome.kind, outcome.code) == (kind, "smtp_failed")
            monkeypatch.undo()
        assert (await channel.send(mail())).kind == "accepted"


LINES = st.builds(
    lambda code, dash, text: b"%d" % code + dash + text + b"\r\n",
    st.integers(-999, 1200),
    st.sampled_from([b" ", b"-", b""]),
    st.binary(max_size=60),
)
ANSWERS = st.lists(LINES | st.binary(max_size=60), max_size=4).map(b"".join) | st.none()


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(STAGES), ANSWERS, min_size=1, max_size=2))
def test_random_answers_are_outcomes_and_a_mail_that_was_read_is_not_sent_again(script):
    async def send():
        async with mail_server(script, timeout=0.15) as (channel, server):
            outcome = await channel.send(mail())
            assert outcome.kind in KINDS
            assert len(server.contents) <= 1

    asyncio.run(send())
