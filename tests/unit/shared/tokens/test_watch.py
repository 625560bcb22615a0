"""Keys change while a process runs; a set that cannot be loaded changes nothing, and is told."""

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.in_process import running
from harness.signing import Signer, jwks, verifier
from harness.waiting import eventually
from mandegar.tokens import InvalidToken, TokenVerifier
from mandegar.tokens.watch import KeyWatch, NotLoaded, from_file, from_url

OLD, NEW = Signer("old", "acme"), Signer("new", "acme")


def accepts(tokens: TokenVerifier, token: str) -> bool:
    try:
        tokens.verify(token)
    except InvalidToken:
        return False
    return True


@contextmanager
def key_server(status: int = 200, body: bytes = b"", **headers: str) -> Iterator[str]:
    """A server that answers everything so."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    silent = {"do_GET": answer, "log_message": lambda *_: None}
    handler = type("Answering", (http.server.BaseHTTPRequestHandler,), silent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks"
        server.shutdown()


async def test_a_new_key_is_accepted_and_a_removed_one_refused_without_a_restart(tmp_path):
    file = tmp_path / "jwks.json"
    file.write_text(jwks(OLD))
    tokens = verifier(OLD)
    watch = KeyWatch(tokens, from_file(str(file)), seconds=0.01)
    async with running(watch.run()):
        assert accepts(tokens, OLD.token("acme"))
        file.write_text(jwks(NEW))

        async def look() -> tuple[bool, bool]:
            return accepts(tokens, OLD.token("acme")), accepts(tokens, NEW.token("acme"))

        await eventually(look, lambda seen: seen == (False, True))


async def test_a_token_is_revoked_without_a_restart(tmp_path):
    file = tmp_path / "jwks.json"
    tokens, token = verifier(OLD), OLD.token("acme", jti="stolen")
    assert accepts(tokens, token)
    file.write_text(json.dumps({"keys": [OLD.public()], "revoked": ["stolen"]}))
    await KeyWatch(tokens, from_file(str(file)), seconds=60).load_once()

    assert not accepts(tokens, token)


@pytest.mark.parametrize("text", ["", "{", '{"keys": [{"kid": "old", "shops": "acme"}]}', None])
async def test_a_set_that_cannot_be_used_leaves_the_last_good_one_and_is_told(tmp_path, text):
    file = tmp_path / "jwks.json"
    tokens = verifier(OLD)
    watch = KeyWatch(tokens, from_file(str(file)), seconds=60)
    if text is not None:
        file.write_text(text)
    await watch.load_once()

    assert accepts(tokens, OLD.token("acme"))
    assert "the key set cannot be loaded" in str(await watch.check())

    file.write_text(jwks(NEW))
    await watch.load_once()
    assert await watch.check() is None
    assert accepts(tokens, NEW.token("acme"))


async def test_tokens_of_unknown_keys_load_the_set_earlier_but_not_each(monkeypatch):
    monkeypatch.setattr("mandegar.tokens.watch.RELOAD_SECONDS_MIN", 0.05)
    tokens, loads = verifier(OLD), 0

    async def load() -> bytes:
        nonlocal loads
        loads += 1
        return jwks(OLD, NEW).encode() if loads > 1 else jwks(OLD).encode()

    async with running(KeyWatch(tokens, load, seconds=60).run()):

        async def look() -> bool:
            return accepts(tokens, NEW.token("acme"))

        await eventually(look, bool)
        for _ in range(200):
            accepts(tokens, Signer("stranger", "acme").token("acme"))
        await asyncio.sleep(0)  # the loop had its turn: of two hundred tokens at most one reload is due

    assert loads <= 3


async def test_keys_come_from_an_url():
    with key_server(body=jwks(NEW).encode()) as url:
        assert await from_url(url)() == jwks(NEW).encode()


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (404, b"", {}),
        (500, b"", {}),
        (302, b"", {"Location": "http://127.0.0.1:1/elsewhere"}),
        (200, b" " * 1_048_577, {}),
        (200, b"not gzip", {"Content-Encoding": "gzip"}),
    ],
)
async def test_an_answer_that_is_no_key_set_is_a_failure_to_load(status, body, headers):
    with key_server(status, body, **headers) as url, pytest.raises(NotLoaded):
        await from_url(url)()


async def test_a_server_that_cannot_be_reached_is_a_failure_to_load():
    with pytest.raises(NotLoaded):
        await from_url("http://127.0.0.1:9/jwks")()


async def test_a_server_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr("mandegar.tokens.watch.FETCH_SECONDS", 0.05)
    tokens = verifier(OLD)

    async def load() -> bytes:
        await asyncio.Event().wait()
        raise AssertionError("never")

    watch = KeyWatch(tokens, load, seconds=60)
    await watch.load_once()

    assert accepts(tokens, OLD.token("acme"))
    assert "TimeoutError" in str(await watch.check())
