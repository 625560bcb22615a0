"""Coupons by their code: looked at, used once, and guessed in vain."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
import structlog

from builders.erasures import erased
from builders.merges import merged
from builders.opening import coupon_opened
from builders.orders import paid
from harness.coupons import issued
from harness.in_process import SHOP
from harness.loyalty_rebuilding import compare, rebuilt
from loyalty.coupons.guesses import EXPIRIES, OF_A_TILL
from mandegar.database import transaction


async def look(loyalty, code, **more):
    return await loyalty.ask("GET", f"/v1/coupons/{code}", "points:spend", **more)


async def use(loyalty, code, **body):
    return await loyalty.ask("POST", f"/v1/coupons/{code}/redeem", "points:spend", json=body)


async def pool(loyalty, *codes, reward="cinema"):
    return await loyalty.ask("POST", f"/v1/coupons/pools/{reward}", "programme:write", json=list(codes))


async def test_a_coupon_is_looked_at_used_once_and_answers_the_same_for_the_same_order(loyalty):
    code, id_ = await issued(loyalty, prefix="YALDA", amount="100000", currency="IRR")
    seen = await look(loyalty, code.lower().replace("-", " "))
    first = await use(loyalty, code, order_id="o-1", total="2500000")
    await loyalty.pass_time(days=1)
    again = await use(loyalty, code, order_id="o-1", total="1")
    other = await use(loyalty, code, order_id="o-2")
    bare = await use(loyalty, code)

    assert (seen.status_code, seen.json()["state"], seen.json()["coupon_id"]) == (200, "valid", str(id_))
    assert seen.json()["terms"] == {"amount": "100000", "currency": "IRR"}
    assert (first.status_code, first.json()["state"], first.json()["used_for"]) == (200, "used", "o-1")
    assert again.json() == first.json()
    for answer in (other, bare):
        assert (answer.status_code, answer.json()["code"]) == (409, "coupon_used")
    assert [event.type for event in loyalty.published if event.type.startswith("coupon")] == [
        "coupon.issued", "coupon.used"
    ]  # fmt: skip


async def test_a_coupon_says_why_it_cannot_be_used(loyalty):
    await loyalty.deliver(paid("o"), paid("p", customer="d"))
    least, _ = await issued(loyalty, minimum_spend="500")
    late, _ = await issued(loyalty, expires_at=loyalty.clock.now() + timedelta(days=1))
    own, _ = await issued(loyalty)
    await loyalty.pass_time(days=1)

    for answer, code in (
        (await use(loyalty, least, total="499.99"), "minimum_not_reached"),
        (await use(loyalty, least), "minimum_not_reached"),
        (await use(loyalty, late), "coupon_expired"),
        (await use(loyalty, own, customer_id="d"), "other_customer"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (await look(loyalty, late)).json()["state"] == "expired"
    assert (await use(loyalty, least, total="-1")).json()["code"] == "invalid_total"
    assert (await use(loyalty, least, total="1e9")).json()["code"] == "invalid_total"
    assert (await use(loyalty, least, total=500)).status_code == 200
    assert (await use(loyalty, own, customer_id="c")).status_code == 200


async def test_a_coupon_of_another_shop_is_unknown(loyalty):
    code, _ = await issued(loyalty)

    assert (await look(loyalty, code, shop="other")).status_code == 404
    assert (await loyalty.ask("GET", f"/v1/coupons/{code}", "customers:read")).status_code == 403
    assert (await loyalty.ask("GET", f"/v1/coupons/{code}", "points:spend", subject="c")).status_code == 403


async def test_of_many_who_come_at_once_one_uses_the_coupon(loyalty):
    code, _ = await issued(loyalty)
    answers = await asyncio.gather(*(use(loyalty, code, order_id=f"o-{number}") for number in range(12)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11


async def test_guessing_ends_and_holds_over_processes_until_the_minute_is_over(loyalty):
    code, _ = await issued(loyalty)
    answers = [(await look(loyalty, f"GUESS-{number}")).status_code for number in range(OF_A_TILL)]
    limited = await look(loyalty, "GUESS-AGAIN")
    right = await use(loyalty, code)
    await loyalty.pass_time(seconds=59)
    still = await look(loyalty, code)
    await loyalty.pass_time(seconds=2)

    assert answers == [404] * OF_A_TILL
    assert (limited.status_code, limited.json()["code"]) == (429, "too_many_unknown_codes")
    assert 0 < int(limited.headers["retry-after"]) <= 60
    assert (right.status_code, still.status_code) == (429, 429)
    assert (await use(loyalty, code)).status_code == 200


async def test_who_guesses_at_one_till_locks_out_no_other(loyalty):
    code, _ = await issued(loyalty)
    answers = [await look(loyalty, f"GUESS-{number}", token_id="till-1") for number in range(OF_A_TILL + 50)]
    assert [answer.status_code for answer in answers] == [404] * OF_A_TILL + [429] * 50

    assert (await look(loyalty, code, token_id="till-1")).status_code == 429
    assert (await look(loyalty, code, token_id="till-2")).status_code == 200
    for till in range(2, 5):  # all together are limited, too
        for number in range(OF_A_TILL):
            await look(loyalty, f"GUESS-{number}", token_id=f"till-{till}")
    assert (await look(loyalty, "GUESS", token_id="till-9")).status_code == 429
    await loyalty.pass_time(hours=2)
    async with transaction(loyalty.database.worker) as connection:
        [expiry] = EXPIRIES
        assert await expiry.delete(connection, loyalty.clock.now(), loyalty.context.settings) == 6


async def test_guesses_that_come_at_once_are_counted_one_by_one(loyalty):
    answers = await asyncio.gather(*(look(loyalty, f"GUESS-{number}") for number in range(OF_A_TILL + 15)))

    assert sorted(answer.status_code for answer in answers) == [404] * OF_A_TILL + [429] * 15


async def test_right_codes_are_no_guesses(loyalty):
    code, _ = await issued(loyalty)
    assert {(await look(loyalty, code)).status_code for _ in range(OF_A_TILL + 5)} == {200}


async def test_what_is_no_code_at_all_counts_as_a_guess(loyalty):
    for text in ("a", "%00%00%00%00", "x" * 290, "%F0%9F%8E%81", "..%2F..%2F..%2F.."):
        assert (await look(loyalty, text)).status_code == 404
    assert await loyalty.database.worker.fetchval("SELECT misses FROM coupon_guesses WHERE key_id = ''") == 5


async def test_no_code_reaches_logs_the_audit_metrics_or_topics(loyalty):
    await pool(loyalty, "SECRET-POOL-CODE")
    code, id_ = await issued(loyalty, prefix="SECRET")
    pooled, _ = await issued(loyalty, reward="cinema", prefix=None)
    with structlog.testing.capture_logs() as logs:
        for one in (code, pooled, "SECRET-GUESS"):
            await look(loyalty, one)
            await use(loyalty, one, order_id="o-1")
            await use(loyalty, one, order_id="o-2")
    metrics = (await loyalty.client.get("/metrics")).text
    audit = [dict(row) for row in await loyalty.database.worker.fetch("SELECT * FROM audit")]
    rows = [dict(row) for row in await loyalty.database.worker.fetch("SELECT * FROM coupons")]
    batches = [dict(row) for row in await loyalty.database.worker.fetch("SELECT * FROM coupon_batches")]
    await loyalty.news()

    assert pooled == "SECRET-POOL-CODE"
    for text in (str(logs), metrics, str(audit), str(loyalty.published), str(rows), str(batches)):
        for part in ("SECRET-", code[7:], "POOL-CODE", "secretpool"):
            assert part not in text
    assert f"coupons/{id_}" in {row["target"] for row in audit}
    assert "coupons" in {row["target"] for row in audit}


async def test_codes_of_a_pool_are_added_once_whatever_is_sent_again(loyalty):
    first = await pool(loyalty, "AB-12 34", "ab1234", "تخفیف۱۴۰۵", "CD-99")
    text = "AB1234\r\n\nEF-77\n تخفیف-١٤٠٥ \n"
    again = await loyalty.ask(
        "POST", "/v1/coupons/pools/cinema", "programme:write",
        content=text.encode(), headers={"Content-Type": "text/plain"},
    )  # fmt: skip
    elsewhere = await pool(loyalty, "cd99", reward="theatre")
    wrong = await pool(loyalty, "GH-11", "x", "IJ-\n22")

    assert (first.status_code, first.json()) == (
        201, {"reward": "cinema", "added": 3, "repeated": 1, "repeated_lines": [2], "free": 3},
    )  # fmt: skip
    assert again.json() == {"reward": "cinema", "added": 1, "repeated": 2, "repeated_lines": [1, 3], "free": 4}
    assert elsewhere.json()["repeated"] == 1
    assert (wrong.status_code, [error["line"] for error in wrong.json()["errors"]]) == (422, [2, 3])
    assert (await pool(loyalty, "GH-11")).json()["added"] == 1
    for body in (b"\xff\xfe", b"{}", b'[1, "AB"]'):
        answer = await loyalty.ask(
            "POST", "/v1/coupons/pools/cinema", "programme:write",
            content=body, headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_codes")
    assert (await pool(loyalty, "AB-12", reward="a%20name")).json()["code"] == "invalid_reward"


async def test_a_code_of_a_pool_that_nobody_has_got_is_unknown(loyalty):
    await pool(loyalty, "FREE-CODE")

    assert (await look(loyalty, "FREE-CODE")).status_code == 404


async def test_a_hundred_thousand_codes_are_stored_at_once(loyalty):
    codes = "\n".join(f"POOL-{number:08}" for number in range(100_000))
    answer = await loyalty.ask(
        "POST", "/v1/coupons/pools/cinema", "programme:write",
        content=codes.encode(), headers={"Content-Type": "text/plain"},
    )  # fmt: skip

    assert (answer.status_code, answer.json()["added"], answer.json()["free"]) == (201, 100_000, 100_000)
    code, _ = await issued(loyalty, reward="cinema", prefix=None)
    assert code == "POOL-00000000"


@pytest.fixture
async def lived(loyalty):
    """Customers with coupons, one of whom is merged into another."""
    heard = [paid("o"), paid("p", customer="d"), paid("q", customer="e")]
    await loyalty.deliver(*heard)
    await pool(loyalty, "ONE-1", "TWO-2", "THREE-3")
    codes = [
        (await issued(loyalty, customer=customer, reward="cinema", prefix=prefix))[0]
        for customer, prefix in (("c", ""), ("d", None), ("e", None), ("e", "X"))
    ]
    await use(loyalty, codes[0], order_id="o-1", total="5.50")
    await use(loyalty, codes[1])
    await loyalty.news()
    return loyalty, heard, codes


async def test_coupons_of_an_alias_are_the_roots(lived):
    loyalty, _, codes = lived
    await loyalty.deliver(merged("d", "c", version=1))

    assert (await look(loyalty, codes[1])).json()["customer_id"] == "c"
    assert (await use(loyalty, codes[3], customer_id="c")).json()["code"] == "other_customer"


async def test_an_erased_customer_has_no_coupon_and_a_code_is_not_given_again(lived):
    loyalty, _, codes = lived
    await loyalty.deliver(erased("e"))

    assert (await look(loyalty, codes[2])).status_code == 404
    assert (await look(loyalty, codes[3])).status_code == 404
    assert (await issued(loyalty, reward="cinema", prefix=None))[0] == "THREE-3"
    rows = await loyalty.database.worker.fetch("SELECT * FROM coupons WHERE customer_id = 'e'")
    assert rows == []
    assert await loyalty.invariant_violations() == []


async def test_a_rebuild_restores_coupons_pools_and_codes(lived, make_database):
    loyalty, heard, codes = lived
    async with rebuilt(make_database, loyalty, heard, Random(3)) as again:
        await again.news()
        await compare(loyalty, again)
        assert (await use(again, codes[0], order_id="o-1")).json()["state"] == "used"
        assert (await use(again, codes[1])).json()["code"] == "coupon_used"
        assert (await use(again, codes[2])).status_code == 200
        assert (await issued(again, reward="cinema", prefix=None))[0] == "THREE-3"


async def test_a_rebuild_gives_no_code_again_that_an_erased_customer_had(lived, make_database):
    loyalty, heard, _ = lived
    gone = erased("e")
    await loyalty.deliver(gone)
    await loyalty.news()
    async with rebuilt(make_database, loyalty, [*heard, gone], Random(5)) as again:
        assert (await issued(again, reward="cinema", prefix=None))[0] == "THREE-3"
        assert SHOP


def brought(loyalty, code, **more):
    return coupon_opened(code, key=loyalty.context.identity_key, **more)


async def test_a_coupon_of_another_system_is_used_once_however_it_is_typed(loyalty):
    await loyalty.deliver(brought(loyalty, "NOWRUZ-7Q4K", amount=Decimal(5), minimum_spend=Decimal(20)))
    seen = await look(loyalty, "nowruz 7q4k")
    least = await use(loyalty, "NOWRUZ7Q4K", order_id="o-1", total="19.99")
    used = await use(loyalty, "NOWRUZ7Q4K", order_id="o-1", total="20")
    again = await use(loyalty, "NOWRUZ-7Q4K", order_id="o-2", total="20")

    assert (seen.status_code, seen.json()["state"], seen.json()["kind"]) == (200, "valid", "amount_off")
    assert seen.json()["terms"] == {"amount": "5", "minimum_spend": "20", "currency": "EUR"}
    assert (seen.json()["redemption_id"], seen.json()["customer_id"]) == (None, "c")
    assert (least.status_code, least.json()["code"]) == (409, "minimum_not_reached")
    assert (used.status_code, used.json()["state"]) == (200, "used")
    assert (again.status_code, again.json()["code"]) == (409, "coupon_used")


async def test_of_two_statements_about_one_coupon_the_later_stands_in_any_order(loyalty):
    for code, days in (("FIRST-1", (0, 1)), ("SECOND-2", (1, 0))):
        for day in days:
            percent = Decimal(10 + 10 * day)
            await loyalty.deliver(brought(loyalty, code, days=day - 2, percent=percent))
    seen = [(await look(loyalty, code)).json()["terms"] for code in ("FIRST-1", "SECOND-2")]

    assert seen == [{"percent": "20"}] * 2


async def test_a_code_that_another_coupon_of_the_shop_has_stays_its_own(loyalty):
    await pool(loyalty, "POOLED-1")
    generated, _ = await issued(loyalty, amount="5")
    await loyalty.deliver(
        brought(loyalty, generated, percent=Decimal(99)), brought(loyalty, "POOLED-1", percent=Decimal(99), name="p")
    )

    assert (await look(loyalty, generated)).json()["kind"] == "amount_off"
    assert (await look(loyalty, "POOLED-1")).status_code == 404
    assert (await issued(loyalty, reward="cinema", prefix=None))[0] == "POOLED-1"


async def test_coupons_of_another_system_follow_a_merge_an_erasure_and_a_rebuild(loyalty, make_database):
    heard = [
        paid("o"), paid("p", customer="d"),
        brought(loyalty, "OF-C-1111", amount=Decimal(5)),
        brought(loyalty, "OF-D-2222", customer="d", percent=Decimal(10)),
        brought(loyalty, "OF-E-3333", customer="e"),
        brought(loyalty, "OF-D-4444", customer="d"),
    ]  # fmt: skip
    await loyalty.deliver(*heard)
    await use(loyalty, "OF-D-4444", order_id="o-9")
    told = [merged("d", "c", version=1), erased("e")]
    await loyalty.deliver(*told)
    await loyalty.news()

    assert (await look(loyalty, "OF-D-2222")).json()["customer_id"] == "c"
    assert (await look(loyalty, "OF-E-3333")).status_code == 404
    async with rebuilt(make_database, loyalty, [*heard, *told], Random(7)) as again:
        await again.news()
        await compare(loyalty, again)
        for code, status in (("OF-C-1111", 200), ("OF-D-2222", 200), ("OF-E-3333", 404), ("OF-D-4444", 200)):
            lived, made = await look(loyalty, code), await look(again, code)
            assert (made.status_code, made.json().get("state")) == (status, lived.json().get("state"))
