"""The shop and the two sources that a new stack starts with, made through ingest's own door like anybody's."""

import os
from datetime import UTC, datetime
from typing import Any

import httpx2

from mandegar_local.credentials import Credentials
from mandegar_local.failure import StackError
from mandegar_local.tokens import sign_token

DEFAULT_SHOP = "demo"
_SHOP = {
    "name": "فروشگاه نمونه",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": "shop@example.test",
    "sms_sender": "10008663",
}
_SOURCES: dict[str, dict[str, Any]] = {
    "live": {"trust": "server", "record_of_orders": True, "historical": False},
    "backfill": {"trust": "server", "record_of_orders": True, "historical": True},
}


def first_shop_id() -> str:
    """`MANDEGAR_SHOP`, or `demo`."""
    return os.environ.get("MANDEGAR_SHOP") or DEFAULT_SHOP


async def make_first_shop(ingest_url: str, shop: str, credentials: Credentials) -> bool:
    """Make what is missing of the shop and its sources, and note their keys; True when anything was made.

    Raises StackError when ingest refuses.
    """
    missing = [name for name in _SOURCES if name not in credentials.sources]
    if not missing:
        return False
    now = datetime.now(UTC)
    token = sign_token(credentials.signing_key, shop, ["ops", "sources:write"], now=now, days=1)
    async with httpx2.AsyncClient(
        base_url=ingest_url, headers={"Authorization": f"Bearer {token}"}, timeout=30
    ) as client:
        if not credentials.sources:
            await _call(client, "PUT", f"/v1/shops/{shop}", _SHOP)
        # A run that was killed here before has made sources whose keys nobody noted: they get another key.
        listed = await _call(client, "GET", "/v1/sources")
        made = {str(source["name"]): str(source["source_id"]) for source in listed["sources"]}
        for name in missing:
            if name in made:
                source = await _call(client, "POST", f"/v1/sources/{made[name]}/keys")
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
