"""The Kavenegar adapter against a gateway that answers anything: it never raises, and what it says can be stored."""

import asyncio
import gzip
import json
import ssl
import zlib
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from harness.listening import listening
from notify.channels import answers
from notify.channels.channel import Outcome, Outgoing
from notify.channels.sms import kavenegar
from notify.channels.sms.kavenegar import KavenegarChannel

KINDS = {"accepted", "refused", "retry", "unknown"}


class Gateway:
    """Answers each request with the bytes in ``answer``, as far as its client takes them; ``sent`` counts them."""

    def __init__(self):
        self.answer, self.sent, self.abort = b"", 0, False

    async def __call__(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
        for start in range(0, len(self.answer), 16_384):
            part = self.answer[start : start + 16_384]
            writer.write(part)
            await writer.drain()
            self.sent += len(part)
        if self.abort:
            writer.transport.abort()


@asynccontextmanager
async def gateway(*, timeout=2.0):
    asked = Gateway()
    async with listening(asked) as port:
        channel = KavenegarChannel(f"http://127.0.0.1:{port}", SecretStr("the-key"), timeout=timeout)
        try:
            yield channel, asked
        finally:
            await channel.close()


def sms():
    return Outgoing(uuid4(), "+989121234567", "10004346", b"x")


def response(body, status=200, headers=b"", length=None):
    length = len(body) if length is None else length
    return b"HTTP/1.1 %d x\r\ncontent-length: %d\r\n%s\r\n" % (status, length, headers) + body


def entry(**fields):
    return response(json.dumps({"entries": [fields]}).encode())


def storable(outcome):
    """Whether an outcome fits into the database: printable, short, and without a date beyond the calendar."""
    texts = [text for text in (outcome.code, outcome.provider_ref) if text is not None]
    return (
        outcome.kind in KINDS
        and all(text.isprintable() and len(text.encode()) <= 400 and "\0" not in text for text in texts)
        and (outcome.retry_after is None or timedelta() <= outcome.retry_after <= timedelta(days=1))
    )


async def both(channel):
    """The outcomes of a send and of a look-up; the one of a look-up that cannot tell is like ``unknown``."""
    sent, found = await channel.send(sms()), await channel.lookup(uuid4())
    return sent, found or Outcome("unknown")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (entry(status=[1]), "unknown"),
        (entry(status={"1": 1}), "unknown"),
        (entry(status=True), "unknown"),
        (entry(status=1.0), "unknown"),
        (entry(status="1"), "unknown"),
        (entry(status=float("nan")), "unknown"),
        (entry(status=float("inf")), "unknown"),
        (entry(status=1, messageid="a\0b"), "accepted"),
        (entry(status=1, messageid="\ud800"), "accepted"),
        (entry(status=1, messageid=[[[]]]), "accepted"),
        (entry(status=1, messageid=10**4000), "accepted"),
        (entry(status=1, messageid="x" * 60_000), "accepted"),
        (response(b'{"entries":[{"status":1,"messageid":' + b"9" * 60_000 + b"}]}"), "unknown"),
        (response(b"[" * 200_000), "unknown"),
        (response(b"[" * 60_000), "unknown"),
        (response(b'{"entries":' + b'{"a":' * 10_000), "unknown"),
        (response(b"\xff\xfe\x00"), "unknown"),
        (response(b'{"entries":[{"status":1}]}' + b" " * 70_000), "unknown"),
        (response(b"null"), "unknown"),
        (response(b'{"entries":7}'), "unknown"),
        (response(b'{"entries":[]}'), "unknown"),
        (response(b"", 302, b"location: http://127.0.0.1:9/\r\n"), "unknown"),
        (response(b"", 429, b"retry-after: 99999999999999999999\r\n"), "retry"),
        (response(b"", 429, b"retry-after: 1000000000000\r\n"), "retry"),
        (response(b"", 429, b"retry-after: " + b"9" * 6_000 + b"\r\n"), "retry"),
        (response(b"", 429, b"retry-after: Fri, 31 Dec 9999 23:59:59 -9999\r\n"), "retry"),
        (response(b"", 429, b"retry-after: \xd9\xa1\xd9\xa2\r\n"), "retry"),
        (response(b"", 999), "unknown"),
        (response(b"", 200, b"set-cookie: a=" + b"x" * 9_000 + b"\r\n"), "unknown"),
        (response(b"short", length=1_000), "unknown"),
        (response(gzip.compress(b'{"entries":[{"status":1}]}'), 200, b"content-encoding: gzip\r\n"), "unknown"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000, "unknown"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "unknown"),
        (b"HTTP/9.9 banana\r\n\r\n", "unknown"),
        (b"220 mail.test ESMTP\r\n", "unknown"),
        (b"\0" * 1_000, "unknown"),
        (b"", "unknown"),
    ],
    ids=range(37),
)
async def test_an_answer_that_is_none_is_an_outcome_all_the_same(answer, kind):
    async with gateway() as (channel, asked):
        asked.answer = answer
        sent, found = await both(channel)

    assert sent.kind == kind
    assert storable(sent)
    assert storable(found)


@pytest.mark.parametrize("headers", [b"", b"content-encoding: gzip\r\n"], ids=["plain", "compressed"])
async def test_an_endless_answer_is_left_soon(headers):
    body = zlib.compress(bytes(64 * 1024 * 1024), wbits=31) if headers else bytes(64 * 1024 * 1024)
    async with gateway() as (channel, asked):
        asked.answer = response(body, 200, headers)
        outcome = await channel.send(sms())
        await asyncio.sleep(0)

    assert outcome.kind == "unknown"
    # what the sockets of both ends hold is not the adapter's to bound
    assert asked.sent < kavenegar.ANSWER_BYTES_MAX + 16 * 1024 * 1024


async def test_a_connection_that_is_reset_in_the_middle_is_a_lost_answer():
    async with gateway() as (channel, asked):
        asked.answer, asked.abort = response(b"{", length=100), True
        outcome = await channel.send(sms())

    assert (outcome.kind, outcome.code) == ("unknown", "sms_no_answer")


async def test_a_server_without_tls_behind_an_https_address_means_later():
    async def plain(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with listening(plain) as port:
        channel = KavenegarChannel(f"https://127.0.0.1:{port}", SecretStr("k"), timeout=2)
        outcome = await channel.send(sms())
        await channel.close()

    assert (outcome.kind, outcome.code) == ("retry", "sms_unreachable")


async def test_whatever_the_client_raises_is_a_lost_answer(monkeypatch):
    async with gateway() as (channel, _):
        for error in (RuntimeError("x"), ssl.SSLError("x"), UnicodeError("x"), RecursionError("x"), KeyError("x")):

            def stream(*_, raised=error, **__):
                raise raised

            monkeypatch.setattr(channel._client, "stream", stream)
            sent, found = await both(channel)
            assert (sent.kind, found.kind) == ("unknown", "unknown")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([1, 2, 6, 10, 11, 14, 100, 10**30, "a\0b", "\ud800", "entries", 1e400, float("nan")])
    | st.integers()
    | st.floats()
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["entries", "status", "messageid", "return", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)
ENTRIES = st.builds(lambda fields: {"entries": [fields]}, st.fixed_dictionaries({"status": JSON, "messageid": JSON}))
BODIES = (JSON | ENTRIES).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"retry-after", b"date", b"content-encoding", b"set-cookie", b"location", b"content-type", b"x"]
        ),
        st.binary(max_size=40) | st.integers().map(lambda number: b"%d" % number),
    ),
    max_size=4,
).map(lambda pairs: b"".join(name + b": " + value + b"\r\n" for name, value in pairs))
ANSWERS = st.builds(
    response, BODIES, st.integers(100, 999) | st.sampled_from([200, 429, 418, 400]), HEADERS
) | st.binary(max_size=300)


@settings(max_examples=100)
@given(st.lists(ANSWERS, min_size=1, max_size=8))
def test_random_statuses_headers_and_bodies_are_outcomes_that_can_be_stored(drawn):
    async def ask_all():
        async with gateway(timeout=0.5) as (channel, asked):
            for answer in drawn:
                asked.answer = answer
                for outcome in await both(channel):
                    assert storable(outcome), outcome

    asyncio.run(ask_all())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "120"}, timedelta(minutes=2)),
        ({"retry-after": " 7 "}, timedelta(seconds=7)),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "86401"}, timedelta(days=1)),
        ({"retry-after": "9" * 100}, timedelta(days=1)),
        (
            {"retry-after": "Sat, 28 Nov 2026 10:05:00 GMT", "date": "Sat, 28 Nov 2026 10:00:00 GMT"},
            timedelta(minutes=5),
        ),
        ({"retry-after": "Sat, 28 Nov 2026 10:05:00 GMT"}, None),
        ({"retry-after": "Fri, 27 Nov 2026 10:05:00 GMT", "date": "Sat, 28 Nov 2026 10:00:00 GMT"}, timedelta()),
        (
            {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", "date": "Sat, 28 Nov 2026 10:00:00 GMT"},
            timedelta(days=1),
        ),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -9999", "date": "Mon, 01 Jan 0001 00:00:00 +9999"}, None),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date_and_is_a_day_at_most(headers, expected):
    assert answers.retry_after(headers) == expected


@given(st.dictionaries(st.sampled_from(["retry-after", "date"]), st.text(max_size=60)))
def test_any_text_in_place_of_a_wait_is_none_or_bounded(headers):
    wait = answers.retry_after(headers)
    assert wait is None or timedelta() <= wait <= timedelta(days=1)
