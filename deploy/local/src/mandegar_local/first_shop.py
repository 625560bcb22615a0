"""Creates the shop and the two sources of a new stack, through ingest's HTTP API."""

import os
from datetime import UTC, datetime
from typing import Any

import httpx2

from mandegar.http_client import HttpClient
from mandegar_local.credentials import Credentials
from mandegar_local.service_environment import LOCAL_DOMAIN
from mandegar_local.stack_error import StackError
from mandegar_local.tokens import sign_token

DEFAULT_SHOP = "demo"
# The settings of the first shop, and the defaults of every other.
SHOP_DEFAULTS = {
    "name": "فروشگاه نمونه",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": f"shop@{LOCAL_DOMAIN}",
}
_SOURCES: dict[str, dict[str, Any]] = {
    "live": {"trust": "server", "record_of_orders": True, "historical": False},
    "backfill": {"trust": "server", "record_of_orders": True, "historical": True},
}


def first_shop_id() -> str:
    """The value of `MANDEGAR_SHOP`, or `demo`."""
    return os.environ.get("MANDEGAR_SHOP") or DEFAULT_SHOP


async def make_first_shop(ingest_url: str, shop: str, credentials: Credentials) -> bool:
    """Create the shop and the sources that are missing in `credentials`, and add their keys; True if any was missing.

    Raises StackError if ingest refuses a request.
    """
    missing = [name for name in _SOURCES if name not in credentials.sources]
    if not missing:
        return False
    now = datetime.now(UTC)
    token = sign_token(credentials.signing_key, shop, ["ops", "sources:write"], now=now, days=1)
    async with HttpClient(base_url=ingest_url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        if not credentials.sources:
            await _call(client, "PUT", f"/v1/shops/{shop}", SHOP_DEFAULTS)
        # A run that was killed here may have created sources without saving their keys: they get another key.
        listed = await _call(client, "GET", "/v1/sources")
        existing = {str(source["name"]): str(source["source_id"]) for source in listed["sources"]}
        for name in missing:
            if name in existing:
                source = await _call(client, "POST", f"/v1/sources/{existing[name]}/keys")
            else:
                source = await _call(client, "POST", "/v1/sources", {"name": name, **_SOURCES[name]})
            credentials.sources[name] = {"id": str(source["source_id"]), "key": str(source["key"])}
    return True


async def _call(client: httpx2.AsyncClient, method: str, path: str, body: object = None) -> dict[str, Any]:
    try:
        answer = await client.request(method, path, json=body)
    except httpx2.HTTPError as error:
        raise StackError(f"ingest did not answer {method} {path}: {type(error).__name__}") from error
    if answer.status_code >= 300:
        raise StackError(f"ingest refused {method} {path} with {answer.status_code}: {answer.text[:300]}")
    content: dict[str, Any] = answer.json() if answer.content else {}
    return content
