"""Speaks PostgreSQL's TLS in front of a server that was built without it, and lets nothing through in clear."""

import asyncio
import shutil
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress

from harness.certificates import Certificate
from harness.servers import ROOT, free_port
from mandegar_local.postgres import start_postgres

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
_FIELDS = (b"SFATAL", b"VFATAL", b"C28000", b"Mno pg_hba.conf entry for host, no encryption")
_BODY = b"".join(field + b"\0" for field in _FIELDS) + b"\0"
_REFUSAL = b"E" + (len(_BODY) + 4).to_bytes(4, "big") + _BODY


@contextmanager
def fronted_server(certificate: Certificate) -> Iterator[str]:
    """The URL of a superuser on a PostgreSQL of its own, for ``sslmode=require`` and stricter."""
    behind, port = free_port(), free_port()
    directory = ROOT / ".local" / "test" / f"postgres-{behind}"
    with ExitStack() as afterwards:
        afterwards.callback(shutil.rmtree, directory, ignore_errors=True)
        server = start_postgres(directory, behind, fast=True, log=lambda _: None)
        afterwards.callback(server.stop)
        afterwards.enter_context(_front(port, behind, certificate))
        yield server.admin_url.replace(f":{behind}", f":{port}")


@contextmanager
def _front(port: int, behind: int, certificate: Certificate) -> Iterator[None]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(_SSL_REQUEST)) != _SSL_REQUEST:
                writer.write(_REFUSAL)
                writer.close()
                return
            writer.write(b"S")
            await writer.start_tls(context)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", behind)
            await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))

    stop = asyncio.Event()

    async def run(listens: threading.Event) -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", port):
            listens.set()
            await stop.wait()

    listens, loop = threading.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop, run(listens)))
    thread.start()
    assert listens.wait(5)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


def _run(loop: asyncio.AbstractEventLoop, serving: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serving)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
