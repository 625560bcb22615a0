"""A second shop with a club: a customer refers a friend, who orders twice and so completes a challenge."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from mandegar.clock import monotonic_seconds
from mandegar_local.demo.door import Answers, Door
from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.demo.service_client import Answer, ServiceClient
from mandegar_local.first_shop import SHOP_DEFAULTS
from mandegar_local.stack_error import StackError

CUSTOMER, FRIEND = "sara", "mina"
REFERRER_POINTS, FRIEND_POINTS = 200, 100
SCOPES = ("ops", "sources:write", "programme:write", "customers:read")
PROGRAMME = f"""\
version: 2
currency: IRR
earn: {{points: 1, per: 100000}}
tiers: {{window_days: 365, levels: [{{name: member, spend: 0}}]}}
referral:
  link: https://club.example/r/{{code}}
  friend: {{points: {FRIEND_POINTS}}}
  referrer: {{points: {REFERRER_POINTS}}}
  minimum_spend: 1000000
challenges:
  - name: welcome
    title: {{en: Two orders in a month, fa: دو خرید در یک ماه}}
    goal: {{orders: 2}}
    within: {{days: 30}}
    points: 50
"""
_SOURCE = {"name": "club", "trust": "server", "record_of_orders": True, "historical": False}
_SECONDS, _POLL_SECONDS = 60.0, 0.2


@dataclass(frozen=True, slots=True)
class Club:
    """What loyalty says of the two in the end: the referral of either side, and the friend's challenge."""

    code: str
    referrer: Answer
    friend: Answer
    challenge: Answer


async def play_club(client: ServiceClient, token: str, origin: datetime) -> Club:
    """Let the story happen in the shop of ``token``. Ids and times are those of every run, so another repeats it."""
    http = RetryingClient(token, client.http.on_wait)
    try:
        key = await _open_shop(http, client)
        door = Door(client.http, client.stack.services["ingest"], key, Answers())
        await _tell(door, [_order("club-1", CUSTOMER, origin, 2_500_000)])
        code = (await _once(http, client, CUSTOMER, "referral", lambda answer: answer["code"] is not None))["code"]
        claimed = _event("club-claim", "referral.claimed", FRIEND, origin + timedelta(seconds=1), {"code": code})
        orders = [_order(f"club-{place}", FRIEND, origin + timedelta(seconds=place), 1_500_000) for place in (2, 3)]
        await _tell(door, [claimed, *orders])
        referrer = await _once(http, client, CUSTOMER, "referral", lambda answer: answer["points"])
        friend = await _once(http, client, FRIEND, "referral", lambda answer: answer["points"])
        [challenge] = (await _once(http, client, FRIEND, "challenges", _is_completed))["challenges"]
        return Club(code, referrer, friend, challenge)
    finally:
        await http.close()


async def _open_shop(http: RetryingClient, client: ServiceClient) -> str:
    """The shop, its source and its programme, if they are missing; a new key of the source."""
    shop = club_of(client.stack.shop)
    await http.call("PUT", client.url("ingest", f"/v1/shops/{shop}"), json=SHOP_DEFAULTS | {"name": "باشگاه نمونه"})
    listed = await http.get_json(client.url("ingest", "/v1/sources"))
    existing = next((source for source in listed["sources"] if source["name"] == _SOURCE["name"]), None)
    path = "/v1/sources" if existing is None else f"/v1/sources/{existing['source_id']}/keys"
    for prefix in () if existing is None else existing["keys"]:  # of earlier runs, which nobody keeps
        await http.call("DELETE", client.url("ingest", f"{path}/{prefix}"))
    source = await http.call("POST", client.url("ingest", path), json=_SOURCE if existing is None else None)
    since = {"effective_from": "2020-01-01T00:00:00Z"}
    deadline = monotonic_seconds() + _SECONDS
    while True:
        headers = {"Content-Type": "application/yaml"}
        url = client.url("loyalty", "/v1/programme")
        answer = await http.request("PUT", url, content=PROGRAMME, params=since, headers=headers)
        if answer.status_code != 404 or monotonic_seconds() > deadline:  # the shop comes to loyalty through a topic
            break
        await asyncio.sleep(_POLL_SECONDS)
    if answer.status_code not in {200, 201}:
        raise StackError(f"loyalty did not take the programme of the club ({answer.status_code}): {answer.text[:300]}")
    return str(source["key"])


def club_of(shop: str) -> str:
    """The id of the club's shop beside a shop."""
    return f"{shop}-club"


async def _tell(door: Door, events: list[dict[str, Any]]) -> None:
    refused = [result for result in await door.post(events) if result["status"] not in {"accepted", "duplicate"}]
    if refused:
        raise StackError(f"ingest did not accept an event of the club: {refused[0]}")


async def _once(
    http: RetryingClient, client: ServiceClient, customer: str, what: str, shows: Callable[[Answer], object]
) -> Answer:
    """What loyalty answers once it shows something; the events come to it through topics."""
    url, deadline = client.url("loyalty", f"/v1/customers/{quote(customer)}/{what}"), monotonic_seconds() + _SECONDS
    while True:
        answer = await http.request("GET", url)
        if answer.status_code == 200 and shows(answer.json()):
            found: Answer = answer.json()
            return found
        if monotonic_seconds() > deadline:
            raise StackError(f"GET {url} does not show what the club was told: {answer.text[:300]}")
        await asyncio.sleep(_POLL_SECONDS)


def _is_completed(answer: Answer) -> bool:
    return bool(answer["challenges"][0]["completed"])


def _order(order_id: str, customer: str, at: datetime, rials: int) -> dict[str, Any]:
    data = {"order_id": order_id, "currency": "IRR", "total": str(rials)}
    return _event(order_id, "order.paid", customer, at, data)


def _event(id_: str, type_: str, customer: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": id_, "type": type_, "time": at.isoformat(), "customer": {"id": customer}, "data": data}
