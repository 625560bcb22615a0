"""A stand-in for ingest: as much of a service as its supervisor can see (migrate, serve, /readyz, shops, sources).

Any other command says what it was given, and ends with 3.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

DATABASE = "MANDEGAR_OWNER_DATABASE_URL"
MADE: list[str] = []


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    method, path, _ = (await reader.readline()).decode().split(" ", 2)
    length = 0
    while (line := (await reader.readline()).strip()) != b"":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    sent = await reader.readexactly(length)
    body: object = {"ready": True, "checks": {"database": "ok"}}
    if path == "/v1/sources" and method == "POST":
        MADE.append(json.loads(sent)["name"])
        body = {"source_id": f"s-{len(MADE)}", "key": f"key-{MADE[-1]}"}
    elif path == "/v1/sources":
        body = {"sources": [{"source_id": f"s-{n}", "name": name} for n, name in enumerate(MADE, start=1)]}
    elif path == "/settings":
        body = {name: value for name, value in os.environ.items() if name.startswith("MANDEGAR_")}
    text = json.dumps(body).encode()
    if path == "/metrics":
        text = b'kafka_consumer_lag_records{group="a"} 3\nkafka_consumer_lag_records{group="b"} 4\n'
        text += b"outbox_rows 5\ndead_letters_open 0\n"
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(text), text))
    await writer.drain()
    writer.close()


async def serve() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    port = {"web": "MANDEGAR_HTTP_PORT", "worker": "MANDEGAR_WORKER_PORT"}[sys.argv[3]]
    server = await asyncio.start_server(answer, os.environ["MANDEGAR_HTTP_HOST"], int(os.environ[port]))
    await stop.wait()
    server.close()


if sys.argv[1] == "migrate":
    assert "ingest_owner" in os.environ[DATABASE]
    if marker := os.environ.get("STAND_IN_MIGRATION_FAILS"):
        sys.exit(Path(marker).name)
elif sys.argv[1] == "serve":
    asyncio.run(serve())
else:
    sys.stdout.write(
        json.dumps([sys.argv[1:], os.environ["MANDEGAR_WORKER_DATABASE_URL"], os.environ["MANDEGAR_CLOCK"]])
    )
    sys.exit(3)
