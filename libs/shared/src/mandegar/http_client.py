"""The client for HTTP requests of our own."""

from typing import Any

import httpx2


class HttpClient(httpx2.AsyncClient):
    """An ``httpx2.AsyncClient`` whose every failure to get an answer is an ``httpx2.HTTPError``.

    A connection that is reset the moment it stands has no socket any more under uvloop, and anyio asks it for its name:
    without this, an ``AttributeError`` reaches the caller, who took care of a server that is away.
    """

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send ``request``, of which nothing is on the way before the connection has a name."""
        try:
            return await super().send(request, **options)
        except AttributeError as error:
            if error.name != "getpeername":
                raise
            raise httpx2.ConnectError("the connection was reset the moment it stood", request=request) from error
