"""Whatever a PUT accepts can be compiled, applied to the largest and smallest orders, posted and read back."""

import random
from decimal import Decimal
from typing import Any

import pytest

from builders.orders import paid, refund
from builders.shops import shop_updated
from loyalty.domain.programme import TOTAL_MAX

NUMBERS = [
    *("0", "1", "0.0000000001", "0.000000001", "0.1", "1000", "999999999999999", "1000000000000000", "1e15", "1e-9"),
    *("12345678901234567890.0123456789", "123456789012345678901234567890.123456", "-1", "1_0", "NaN", "0x10", ".5"),
    *("٣", "0.33333333"),
]
DAYS = ["0", "1", "13.5", "365", "36500", "36501", "-1", "1e3"]
NAMES = [
    *("a", "'  a'", '"a\\0b"', '"a\\ud83d"', '"\\uD83D\\uDE00"', '"\\t"', "طلایی", '"\\u200f"', "'😀'", "x" * 60),
    *("x" * 61, "'null'", '"a\\nb"', "''", "'%s {x} \\'", '"\\x85\\u2028"', "'<b>'"),
]
ZONES = ["Asia/Tehran", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Casablanca", "Antarctica/Troll"]
TOTALS = ["1000000000000000", "1000000000000", "0.01", "0.000000001", "0", "999999999999999.999999999999999999"]


def document(random: random.Random) -> str:
    spends = sorted(random.sample(["1", "0.5", "20000000", "1000000000000000", "0.000000001"], random.randrange(3)))
    levels = [
        f"    - {{name: {random.choice(NAMES)}, spend: {spend}, multiplier: {random.choice(NUMBERS)}}}"
        for spend in ["0", *spends]
    ]
    earn = f"{{points: {random.choice(NUMBERS)}, per: {random.choice(NUMBERS)}}}"
    lines = ["version: 1", "currency: IRR", f"earn: {earn}"]
    if random.random() < 0.7:
        lines.append(f"hold: {{days: {random.choice(DAYS)}}}")
    if random.random() < 0.7:
        lines.append(f"expiry: {{days: {random.choice(DAYS)}, warn_days: {random.choice(DAYS)}}}")
    return "\n".join([*lines, "tiers:", f"  window_days: {random.choice(DAYS)}", "  levels:", *levels]) + "\n"


def sound(random: random.Random, **changes: str) -> str:
    """A document of which most are accepted: one thing in it is odd."""
    words = {
        "points": random.choice(["1", "1000", "0.000000001", "0"]), "per": random.choice(["1", "1000000000000000"]),
        "multiplier": "1", "name": "a", "hold": "0", "expiry": "1", "warn": "0", "window": "36500",
    }  # fmt: skip
    kind = random.choice(sorted(words))
    odd = NAMES if kind == "name" else DAYS if kind in {"hold", "expiry", "warn", "window"} else NUMBERS
    words |= {kind: random.choice(odd)} | changes
    return (
        "version: 1\ncurrency: IRR\nearn: {{points: {points}, per: {per}}}\nhold: {{days: {hold}}}\n"
        "expiry: {{days: {expiry}, warn_days: {warn}}}\ntiers:\n  window_days: {window}\n  levels:\n"
        "    - {{name: {name}, spend: 0, multiplier: {multiplier}}}\n"
        "    - {{name: top, spend: 1000000000000000, multiplier: {multiplier}}}\n"
    ).format(**words)


async def lived(loyalty: Any, shop: str, random: random.Random) -> None:
    """Orders of every size and age, half of one given back, and a century."""
    orders = [
        paid(f"{shop}-{number}", Decimal(total), days=days, shop=shop)
        for number, (total, days) in enumerate(zip(TOTALS * 2, [-1, -400, -0.1, -30, 0, -3] * 2, strict=True))
    ]
    orders += [paid(f"{shop}-old", 1, days=-720_000, shop=shop), refund(f"{shop}-0", 400_000_000_000_000, shop=shop)]
    random.shuffle(orders)
    await loyalty.deliver(*orders)
    answer = await loyalty.get("/v1/customers/c/balance", shop=shop)
    ledger = await loyalty.get("/v1/customers/c/ledger", shop=shop)
    assert (answer.status_code, ledger.status_code) == (200, 200), answer.text


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_accepted_can_be_applied(loyalty, seed):
    chooser, accepted = random.Random(seed), 0
    for number in range(40):
        shop = f"s{number}"
        await loyalty.deliver(shop_updated(shop=shop, zone=chooser.choice(ZONES)))
        text = (document if number % 4 == 0 else sound)(chooser)
        answer = await loyalty.put_programme(text, shop=shop, effective_from="2000-01-01T00:00:00Z")
        assert answer.status_code in {201, 422}, text
        if answer.status_code == 422:
            assert answer.json()["errors"], text
            continue
        accepted += 1
        await lived(loyalty, shop, chooser)
        letters = await loyalty.database.worker.fetch("SELECT code, detail FROM dead_letters")
        assert letters == [], text
    for _ in range(3):
        await loyalty.pass_time(days=18_000)
    assert accepted >= 10
    late = "SELECT count(*) FROM customers WHERE due_at < $1"
    assert await loyalty.database.worker.fetchval(late, loyalty.clock.now()) == 0
    assert await loyalty.invariant_violations() == []


async def test_a_customer_is_given_no_more_than_the_ledger_holds(loyalty):
    """More orders than fit, each with the most that one order earns."""
    await loyalty.put_programme(
        "version: 1\ncurrency: IRR\nearn: {points: 1000, per: 1}\n"
        "tiers: {window_days: 1, levels: [{name: a, spend: 0}]}"
    )
    for batch in range(10):
        await loyalty.deliver(*(paid(f"o{batch}-{n}", 10**15) for n in range(950)))

    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert (await loyalty.balance())["available"] == TOTAL_MAX
    assert await loyalty.invariant_violations() == []
