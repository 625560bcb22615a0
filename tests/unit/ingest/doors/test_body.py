"""Reading the bytes of a request: within a size and a time, however they come."""

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from ingest.doors.request import body as body_module
from ingest.doors.request.body import read_request, unpack
from mandegar.web import Problem

LIMIT = 1000


def request(*chunks, last=True, headers=()):
    """A request whose body comes in ``chunks``; without a last one it never ends."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if last:
        messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        if messages:
            return messages.pop(0)
        return await asyncio.Event().wait()

    return Request({"type": "http", "method": "POST", "path": "/", "headers": list(headers)}, receive)


async def status_of(asked):
    with pytest.raises(Problem) as refused:
        await read_request(asked, LIMIT)
    return refused.value.status


async def test_chunks_are_put_together():
    assert await read_request(request(b"a", b"", b"bc"), LIMIT) == b"abc"


async def test_a_chunked_body_is_stopped_at_the_limit_without_waiting_for_its_end():
    assert await status_of(request(b"x" * 600, b"x" * 600, last=False)) == 413


async def test_a_length_over_the_limit_is_refused_unread():
    assert await status_of(request(last=False, headers=[(b"content-length", b"1001")])) == 413


async def test_a_stalled_body_is_408(monkeypatch):
    monkeypatch.setattr(body_module, "CHUNK_SECONDS", 0.01)

    assert await status_of(request(b"{", last=False)) == 408


async def test_a_dripping_body_is_408(monkeypatch):
    monkeypatch.setattr(body_module, "BODY_SECONDS", 0.05)

    async def drip():
        await asyncio.sleep(0.02)  # soon enough for a chunk, too seldom for the body
        return {"type": "http.request", "body": b"x", "more_body": True}

    assert await status_of(Request({"type": "http", "method": "POST", "path": "/", "headers": []}, drip)) == 408


@given(st.binary(max_size=LIMIT))
def test_what_was_packed_is_unpacked(content):
    assert unpack(gzip.compress(content), 31, LIMIT) == content
    assert unpack(zlib.compress(content), 15, LIMIT) == content


@given(st.binary(max_size=100), st.sampled_from([31, 15]))
def test_any_packed_bytes_have_an_answer(content, window):
    try:
        assert len(unpack(content, window, LIMIT)) <= LIMIT
    except Problem as problem:
        assert problem.status in {400, 413}  # noqa: PT017


def test_several_members_share_one_limit():
    member = gzip.compress(b"x" * 400)

    assert len(unpack(member * 2, 31, LIMIT)) == 800
    with pytest.raises(Problem):
        unpack(member * 3, 31, LIMIT)


def test_thousands_of_empty_members_are_refused_before_they_take_time():
    with pytest.raises(Problem) as refused:
        unpack(gzip.compress(b"") * 10_000, 31, LIMIT)

    assert refused.value.code == "bad_encoding"
    assert unpack(gzip.compress(b"x") * 64, 31, LIMIT) == b"x" * 64
