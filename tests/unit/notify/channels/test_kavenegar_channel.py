"""The Kavenegar adapter against a real HTTP server: the wire format, each answer, and the question afterwards."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from pydantic import SecretStr

from notify.channels.channel import Outgoing
from notify.channels.sms.kavenegar import KavenegarChannel, local_id, national

SEND = UUID("0b1d3f6e-1111-5222-8333-444455556666")
SMS = Outgoing(SEND, "+989121234567", "10004346", "سلام".encode())


class Provider:
    """Answers every call with ``answer``: (status, body), or hangs up where it is None; keeps what it was asked."""

    def __init__(self, answer):
        self.answer, self.calls = answer, []

    async def __call__(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")
        )
        form = parse_qs((await reader.readexactly(length)).decode())
        self.calls.append((head.split(" ")[1], {name: values[0] for name, values in form.items()}))
        if self.answer is not None:
            status, body = self.answer
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            writer.write(b"HTTP/1.1 %d x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(raw)) + raw)
            await writer.drain()
        writer.close()


def entries(status, **more):
    return 200, {
        "return": {"status": 200, "message": "ok"},
        "entries": [{"messageid": 85463238, "status": status, **more}],
    }


@asynccontextmanager
async def provider(answer):
    asked = Provider(answer)
    server = await asyncio.start_server(asked, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    channel = KavenegarChannel(url, SecretStr("the-key"), timeout=2)
    try:
        yield channel, asked
    finally:
        await channel.close()
        server.close()


async def test_an_sms_goes_out_in_the_providers_words_with_our_own_number():
    async with provider(entries(1)) as (channel, asked):
        outcome = await channel.send(SMS)

    assert (outcome.kind, outcome.provider_ref) == ("accepted", "85463238")
    assert asked.calls == [
        (
            "/v1/the-key/sms/send.json",
            {
                "receptor": "09121234567",
                "sender": "10004346",
                "message": "سلام",
                "localid": str(local_id(SEND)),
            },
        )
    ]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (entries(14), "refused", "sms_blocked_by_recipient"),
        (entries(6), "refused", "sms_failed"),
        (entries(77), "unknown", "sms_status_unclear"),
        ((411, {"return": {"status": 411, "message": "receptor 09121234567"}}), "refused", "sms_411"),
        ((418, {"return": {"status": 418}}), "retry", "sms_418"),
        ((409, {"return": {"status": 409}}), "retry", "sms_409"),
        ((402, {"return": {"status": 402}}), "unknown", "sms_402"),
        ((500, b"oops"), "unknown", "sms_500"),
        ((200, b"no json"), "unknown", "sms_200"),
        ((200, b"[]"), "unknown", "sms_200"),
        (None, "unknown", "sms_no_answer"),
    ],
)
async def test_each_answer_is_one_of_four_outcomes(answer, kind, code):
    async with provider(answer) as (channel, asked):
        outcome = await channel.send(SMS)

    assert (outcome.kind, outcome.code) == (kind, code)
    assert len(asked.calls) == 1


async def test_a_provider_that_is_not_there_means_later():
    channel = KavenegarChannel("http://127.0.0.1:9", SecretStr("k"), timeout=2)

    assert (await channel.send(SMS)).kind == "retry"

    await channel.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(entries(10), "accepted"), (entries(100), "retry"), (entries(14), "refused"), (entries(77), None), (None, None)],
)
async def test_a_lost_answer_is_asked_for_by_our_number(answer, expected):
    async with provider(answer) as (channel, asked):
        outcome = await channel.lookup(SEND)

    assert (outcome.kind if outcome else None) == expected
    assert asked.calls == [("/v1/the-key/sms/statuslocalmessageid.json", {"localid": str(local_id(SEND))})]


@pytest.mark.parametrize("phone", ["+982188776655", "+980912123456", "10004346", "09121234567", ""])
async def test_the_gateway_is_not_called_for_a_number_that_cannot_get_an_sms(phone):
    async with provider(entries(1)) as (channel, asked):
        outcome = await channel.send(replace(SMS, to=phone))

    assert (outcome.kind, outcome.code) == ("refused", "no_mobile_number")
    assert asked.calls == []


async def test_neither_key_nor_number_reaches_the_logs(caplog):
    with caplog.at_level(logging.INFO):
        async with provider(entries(1)) as (channel, _):
            await channel.send(SMS)
            await channel.lookup(SEND)

    assert "the-key" not in caplog.text
    assert "0912" not in caplog.text


@pytest.mark.parametrize(
    ("phone", "expected"), [("+989121234567", "09121234567"), ("+4915112345678", "004915112345678")]
)
def test_numbers_are_written_as_the_gateway_wants_them(phone, expected):
    assert national(phone) == expected


def test_our_number_fits_a_signed_long():
    assert 0 <= local_id(UUID(int=2**128 - 1)) < 2**63
