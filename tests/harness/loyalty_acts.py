"""The acts of loyalty's routes, each after whatever it needs was prepared."""

from collections.abc import Mapping
from typing import Any

from builders.opening import opened
from builders.referrals import paid_with
from harness.act_request import Prepare, Request
from harness.coupons import issued
from harness.in_process import SHOP, InProcess
from loyalty.domain.draws import hash_of
from loyalty.programme.document import default_document
from loyalty.rewards.document import empty_catalogue
from mandegar.events.referral_codes import referral_code_id


async def put_programme(_: InProcess) -> Request:
    document = default_document("IRR") + "# changed\n"
    return Request("PUT", "/v1/programme", "programme:write", "programme", SHOP, {"content": document})


async def ask_for_a_replay(_: InProcess) -> Request:
    body = {"json": {"document": default_document("IRR")}}
    return Request("POST", "/v1/programme/replays", "programme:write", "programme/replays", SHOP, body)


async def cancel_a_replay(loyalty: InProcess) -> Request:
    asked = await ask_for_a_replay(loyalty)
    replay_id = (await asked.send(loyalty)).json()["id"]
    target = f"programme/replays/{replay_id}"
    return Request("POST", f"/v1/{target}/cancel", "programme:write", target, SHOP)


async def put_a_shadow(_: InProcess) -> Request:
    body = {"content": default_document("IRR") + "# tried out\n"}
    return Request("PUT", "/v1/programme/shadow", "programme:write", "programme/shadow", SHOP, body)


async def end_a_shadow(loyalty: InProcess) -> Request:
    await (await put_a_shadow(loyalty)).send(loyalty)
    return Request("DELETE", "/v1/programme/shadow", "programme:write", "programme/shadow", SHOP, {})


async def promote_a_shadow(loyalty: InProcess) -> Request:
    await (await put_a_shadow(loyalty)).send(loyalty)
    target = "programme/shadow/promote"
    return Request("POST", f"/v1/{target}", "programme:write", target, SHOP, {})


async def hold_a_draw(loyalty: InProcess) -> Request:
    span = "from: 2026-10-01T00:00:00Z, until: 2026-11-01T00:00:00Z"
    draw = f"{{name: autumn, {span}, winners: 1, points: 5, seed_hash: {hash_of('seed')}}}"
    rest = "earn: {points: 1, per: 100000}\ntiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}"
    content = f"version: 2\ncurrency: IRR\n{rest}\ndraws: [{draw}]\n"
    await loyalty.ask("PUT", "/v1/programme", "programme:write", content=content)
    return Request("POST", "/v1/draws", "programme:write", "draws", SHOP, {"json": {"draw": "autumn", "seed": "seed"}})


async def put_rewards(_: InProcess) -> Request:
    return Request("PUT", "/v1/rewards", "programme:write", "rewards", SHOP, {"content": empty_catalogue("IRR")})


async def withdraw_rewards(loyalty: InProcess) -> Request:
    content, later = empty_catalogue("IRR"), {"effective_from": "2027-01-01T00:00:00Z"}
    await loyalty.ask("PUT", "/v1/rewards", "programme:write", content=content, params=later)
    target = "rewards/versions/1"
    return Request("DELETE", f"/v1/{target}", "programme:write", target, SHOP, {})


async def use_coupon(loyalty: InProcess) -> Request:
    code, _ = await issued(loyalty)
    return Request("POST", f"/v1/coupons/{code}/redeem", "points:spend", "coupons", SHOP, {"json": {}})


async def pool_coupons(_: InProcess) -> Request:
    target = "coupons/pools/cinema"
    return Request("POST", f"/v1/{target}", "programme:write", target, SHOP, {"json": ["AB-12", "CD-34"]})


OCCASIONS = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: bronze, spend: 0}]}
occasions:
  - {name: tomorrow, on: day, day: 11-23, coupon: {kind: amount_off, amount: 100000, valid_days: 14}}
"""


async def ask_for_occasion_coupons(loyalty: InProcess) -> Request:
    await loyalty.ask("PUT", "/v1/programme", "programme:write", content=OCCASIONS)
    await loyalty.deliver(opened("lot", 100))
    await loyalty.pass_time(days=1)
    return Request("POST", "/v1/customers/c/occasions/coupons", "points:spend", "customers/c", SHOP, {})


async def ask_code(loyalty: InProcess) -> Request:
    await loyalty.deliver(opened("lot", 100))
    body = {"json": {"customer_id": "c", "points": 5}}
    return Request("POST", "/v1/till/codes", "points:spend", "till/codes", SHOP, body)


async def redeem_at_till(loyalty: InProcess) -> Request:
    request = await ask_code(loyalty)
    await loyalty.ask(request.method, request.path, request.scope, **request.body)
    [code] = [event.data.code for event in await loyalty.news() if event.type == "till.code_issued"]
    body = {"json": {"customer_id": "c", "points": 5, "code": code}, "headers": {"Idempotency-Key": "k"}}
    return Request("POST", "/v1/till/redemptions", "points:spend", "till/redemptions", SHOP, body)


async def withdraw_programme(loyalty: InProcess) -> Request:
    content, later = default_document("IRR") + "# changed\n", {"effective_from": "2027-01-01T00:00:00Z"}
    await loyalty.ask("PUT", "/v1/programme", "programme:write", content=content, params=later)
    target = "programme/versions/1"
    return Request("DELETE", f"/v1/{target}", "programme:write", target, SHOP, {})


async def reserve_points(loyalty: InProcess) -> Request:
    await loyalty.deliver(opened("l", 100))
    headers = {"Idempotency-Key": "k"}
    body = {"json": {"points": 10}, "headers": headers}
    return Request("POST", "/v1/customers/c/redemptions", "points:spend", "customers/c", SHOP, body)


def of_a_redemption(verb: str, *before: str, **body: Any) -> Prepare:
    async def prepare(loyalty: InProcess) -> Request:
        request = await reserve_points(loyalty)
        made = await request.send(loyalty)
        place = f"customers/c/redemptions/{made.json()['redemption_id']}"
        for each in before:
            await loyalty.ask("POST", f"/v1/{place}/{each}", "points:spend")
        return Request("POST", f"/v1/{place}/{verb}", "points:spend", place, SHOP, body)

    return prepare


SECOND_PERSON = (
    default_document("IRR").replace("version: 1", "version: 2", 1) + "adjustments: {second_person_above: 5}\n"
)


REFERRALS = SECOND_PERSON + "referral: {friend: {points: 1}, referrer: {points: 1}}\n"


async def adjust_points(loyalty: InProcess) -> Request:
    await loyalty.deliver(opened("l", 100))
    wanted = {"points": 10, "reason": "goodwill", "note": "a parcel was lost"}
    body = {"json": wanted, "headers": {"Idempotency-Key": "k"}}
    return Request("POST", "/v1/customers/c/adjustments", "points:adjust", "customers/c", SHOP, body)


def of_an_adjustment(verb: str) -> Prepare:
    async def prepare(loyalty: InProcess) -> Request:
        request = await adjust_points(loyalty)
        headers = {"Content-Type": "application/yaml"}
        await loyalty.ask("PUT", "/v1/programme", "programme:write", content=SECOND_PERSON.encode(), headers=headers)
        made = await request.send(loyalty, subject="staff-1")
        assert made.status_code == 202, made.text
        place = f"adjustments/{made.json()['adjustment_id']}"
        return Request("POST", f"/v1/{place}/{verb}", "points:adjust", place, SHOP, {"subject": "staff-2"})

    return prepare


def of_a_referral(verb: str) -> Prepare:
    """A referral that a person looks at: friend and referrer pay with the same card."""

    async def prepare(loyalty: InProcess) -> Request:
        headers = {"Content-Type": "application/yaml"}
        await loyalty.ask("PUT", "/v1/programme", "programme:write", content=REFERRALS.encode(), headers=headers)
        await loyalty.deliver(paid_with("r", payer="h_card", customer="ref"))
        made = await loyalty.get("/v1/customers/ref/referral")
        code_id = referral_code_id(made.json()["code"], shop=SHOP, key=b"for tests only")
        await loyalty.deliver(paid_with("o", code_id=code_id, payer="h_card"))
        [one] = (await loyalty.ask("GET", "/v1/referrals?state=review", "points:adjust")).json()["referrals"]
        place = f"referrals/{one['referral_id']}"
        return Request("POST", f"/v1/{place}/{verb}", "points:adjust", place, SHOP, {})

    return prepare


LOYALTY: Mapping[str, Prepare] = {
    "programme.put": put_programme,
    "referral.approve": of_a_referral("approve"),
    "referral.reject": of_a_referral("reject"),
    "draw.hold": hold_a_draw,
    "replay.ask": ask_for_a_replay,
    "shadow.put": put_a_shadow,
    "shadow.end": end_a_shadow,
    "shadow.promote": promote_a_shadow,
    "replay.cancel": cancel_a_replay,
    "programme.withdraw": withdraw_programme,
    "occasion.coupons": ask_for_occasion_coupons,
    "till.code": ask_code,
    "till.redeem": redeem_at_till,
    "coupon.redeem": use_coupon,
    "coupons.pool": pool_coupons,
    "rewards.put": put_rewards,
    "rewards.withdraw": withdraw_rewards,
    "redemption.reserve": reserve_points,
    "redemption.confirm": of_a_redemption("confirm"),
    "redemption.cancel": of_a_redemption("cancel"),
    "points.adjust": adjust_points,
    "adjustment.approve": of_an_adjustment("approve"),
    "adjustment.refuse": of_an_adjustment("refuse"),
    "redemption.return": of_a_redemption("return", "confirm", json={"reference": "r"}),
}
