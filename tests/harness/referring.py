"""A shop whose customers refer others: loyalty hears what it tells itself, as its group of its own topic does."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from harness.loyalty_service import Loyalty
from mandegar.events import Event
from mandegar.events.referral_codes import referral_code_id

PROGRAMME = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 7}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
referral:
  link: https://bahar.example/r/{code}
  friend: {points: 100}
  referrer: {points: 200, limits: [{times: 3, per: month}]}
  minimum_spend: 1000000
  within_days: 60
  review: {claims: 5, days: 7}
"""
KEY = b"for tests only"
_ITSELF = "loyalty.referrals"


async def open_club(loyalty: Loyalty, text: str = PROGRAMME) -> None:
    answer = await loyalty.put_programme(text)
    assert answer.status_code == 201, answer.text
    await loyalty.news()
    loyalty.clock.advance(timedelta(hours=1))


async def hear_itself(loyalty: Loyalty, said: Sequence[Event], *, times: int = 1) -> list[Event]:
    """Let loyalty hear what it reported, until it has nothing to report any more."""
    heard = [*said]
    place = [*loyalty.service.subscriptions].index(_ITSELF)
    while reports := [event for event in said if event.type == "referral.reported"]:
        said = []
        for _ in range(times):
            said += await loyalty.poll("loyalty.events", {0: reports}, subscription=place)
        heard += said
    return heard


async def deliver(loyalty: Loyalty, *events: Event) -> list[Event]:
    return await hear_itself(loyalty, await loyalty.deliver(*events))


async def pass_time(loyalty: Loyalty, **by: float) -> list[Event]:
    return await hear_itself(loyalty, await loyalty.pass_time(**by))


async def referral(loyalty: Loyalty, customer: str, **query: Any) -> dict[str, Any]:
    answer = await loyalty.get(f"/v1/customers/{customer}/referral", **query)
    assert answer.status_code == 200, answer.text
    await hear_itself(loyalty, await loyalty.news())
    body: dict[str, Any] = answer.json()
    return body


async def code_id_of(loyalty: Loyalty, customer: str) -> str:
    """The pseudonym of a customer's code, as ingest would publish it."""
    return referral_code_id((await referral(loyalty, customer))["code"], shop="s", key=KEY)


async def points(loyalty: Loyalty, customer: str) -> int:
    """What a customer was given for referrals, by the route and by the ledger."""
    body = await referral(loyalty, customer)
    entries = (await loyalty.get(f"/v1/customers/{customer}/ledger", limit=500)).json()["entries"]
    lots = {entry["lot_id"] for entry in entries if entry["referral"]}
    given = [entry["points"] for entry in entries if entry["lot_id"] in lots and entry["kind"] in {"earn", "reverse"}]
    of_ledger = sum(given)
    assert body["points"] == of_ledger, (body, entries)
    return of_ledger
