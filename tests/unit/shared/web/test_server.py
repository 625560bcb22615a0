import socket

import pytest
from fastapi import FastAPI

from mandegar.web.server import serve_http


async def test_a_taken_port_is_told_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            RuntimeError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*: choose another MANDEGAR_HTTP_PORT"
        ):
            await serve_http(FastAPI(), "127.0.0.1", [port])
