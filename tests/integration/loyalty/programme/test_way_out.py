"""A programme under which orders cannot be applied has a way out: its dead letters are applied after all."""

from unittest.mock import patch

import pytest

from builders.orders import paid
from loyalty.account import post
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import due_no_later_than
from mandegar.documents.recompute import recompute_some

GOOD = """\
version: 1
currency: IRR
earn: {points: 2, per: 100000}
tiers: {window_days: 30, levels: [{name: member, spend: 0}]}
"""
BROKEN = GOOD.replace("points: 2", "points: 7").replace("member", "cursed")


async def withdraw(loyalty, version: int) -> int:
    return (await loyalty.ask("DELETE", f"/v1/programme/versions/{version}", "programme:write")).status_code


async def released(loyalty) -> list[int]:
    letters = (await loyalty.ask("GET", "/v1/deadletters", "ops", shop="*")).json()["dead_letters"]
    return [
        (await loyalty.ask("POST", f"/v1/deadletters/{letter['id']}/release", "ops", shop="*")).status_code
        for letter in reversed(letters)
    ]


@pytest.fixture
async def broken(loyalty):
    """An order of the shop was paid under a good version, two under one that makes settling fail."""
    entries = post.insert_entries

    async def refuse_the_cursed(connection, rows):
        if any(row.programme_version == 2 for row in rows):
            rows = [*rows, rows[0]]  # the database refuses a repeated entry
        await entries(connection, rows)

    await loyalty.put_programme(GOOD)
    await loyalty.deliver(paid("a", 1_000_000))
    await loyalty.pass_time(days=1)
    await loyalty.put_programme(BROKEN)
    with patch.object(post, "insert_entries", refuse_the_cursed):
        await loyalty.deliver(paid("b", 1_000_000, days=1), paid("d", 1_000_000, days=1, customer="d"))
        yield loyalty


async def test_a_version_nobody_could_be_settled_under_is_withdrawn_and_its_dead_letters_are_applied(broken):
    refused = await released(broken)
    answers = [await withdraw(broken, 2), await withdraw(broken, 1)]
    applied = await released(broken)

    assert (refused, answers, applied) == ([409, 409], [204, 409], [200, 200])
    assert [(await broken.balance(name))["lifetime"] for name in "cd"] == [40, 20]
    assert (await broken.balance("c"))["tier"] == "member"


async def test_the_mended_version_takes_the_place_of_the_broken_one_though_another_rules_since(broken):
    """A sound version was stored meanwhile, and orders were settled under it."""
    (shown,) = [(await broken.get("/v1/programme", scope="programme:write")).json()["in_force"]]
    await broken.pass_time(days=1)
    await broken.put_programme(GOOD.replace("points: 2", "points: 3"))
    await broken.deliver(paid("e", 1_000_000, days=2, customer="e"))
    answer = await withdraw(broken, 2)
    mended = await broken.put_programme(GOOD.replace("points: 2", "points: 5"), effective_from=shown["effective_from"])
    applied = await released(broken)

    assert (answer, mended.status_code, applied) == (204, 201, [200, 200])
    assert [(await broken.balance(name))["lifetime"] for name in "cde"] == [70, 50, 30]
    assert await broken.invariant_violations() == []


async def test_customers_are_brought_back_under_the_version_before(loyalty):
    """Their tier was that of the withdrawn version."""
    await loyalty.put_programme(GOOD)
    await loyalty.deliver(paid("a", 1_000_000))
    await loyalty.pass_time(days=1)
    await loyalty.put_programme(GOOD.replace("member", "cursed"))

    async def moves():
        while await recompute_some(loyalty.context, PROGRAMMES, due_no_later_than):
            pass
        settled = await loyalty.pass_time(minutes=1)
        return [(event.data.previous, event.data.tier) for event in settled if event.type == "tier.changed"]

    before = await moves()
    answer = await withdraw(loyalty, 2)

    assert (before, answer, await moves()) == ([("member", "cursed")], 204, [("cursed", "member")])
