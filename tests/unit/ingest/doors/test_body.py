"""Decoding the body of a request within a size. How its bytes come is tested with the HTTP server's limits."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from ingest.doors.request.body import read_request, unpack
from mandegar.web import Problem

LIMIT = 1000


def request(*chunks, headers=()):
    """A request whose body comes in ``chunks``."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return messages.pop(0)

    return Request({"type": "http", "method": "POST", "path": "/", "headers": list(headers)}, receive)


async def test_chunks_are_put_together():
    assert await read_request(request(b"a", b"", b"bc"), LIMIT) == b"abc"


@pytest.mark.parametrize("encoding", [b"identity", b"gzip"])
async def test_a_body_over_the_limit_of_its_use_is_413(encoding):
    body = b"x" * (LIMIT + 1)
    with pytest.raises(Problem) as refused:
        await read_request(
            request(gzip.compress(body) if encoding == b"gzip" else body, headers=[(b"content-encoding", encoding)]),
            LIMIT,
        )

    assert refused.value.status == 413


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
