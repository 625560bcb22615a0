"""Two customers turn out to be one: the orders of the alias are the root's, as if they had always been."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec import json

from builders.events import NOON, event
from builders.merges import merged, split
from builders.orders import cancelled, order, paid, refund
from harness.loyalty_service import Loyalty
from loyalty.account import post
from loyalty.account.merge import merge
from loyalty.account.settle import settle
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import OrderMoved
from mandegar.stream import Merged

TIERS = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 14}
expiry: {days: 365, warn_days: 14}
tiers:
  window_days: 365
  levels:
    - {name: bronze, spend: 0}
    - {name: silver, spend: 20000000, multiplier: 1.5}
    - {name: gold, spend: 60000000, multiplier: 2}
"""


async def sums(loyalty: Loyalty, customer: str) -> list[tuple[object, ...]]:
    """Net points per order, kind, bucket and instant in the ledger of one customer."""
    rows = await loyalty.database.worker.fetch(
        """
        SELECT order_id, kind, bucket, effective_at, sum(points)::bigint AS points FROM entries
        WHERE customer_id = $1 GROUP BY 1, 2, 3, 4 HAVING sum(points) <> 0 ORDER BY 1, 2, 3, 4
        """,
        customer,
    )
    return [tuple(row) for row in rows]


async def figures(loyalty: Loyalty, customer: str = "c") -> dict[str, object]:
    hidden = {"customer_id", "as_of", "version"}
    return {name: value for name, value in (await loyalty.balance(customer)).items() if name not in hidden}


async def row_of(loyalty: Loyalty, customer: str) -> dict[str, Any]:
    row = await loyalty.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = $1", customer)
    return dict(row)


async def is_always_one(loyalty: Loyalty, root: str = "c", twin: str = "twin") -> None:
    """The root has what the twin has, whose orders were never anybody else's, and no invariant is broken."""
    assert await figures(loyalty, root) == await figures(loyalty, twin)
    assert await sums(loyalty, root) == await sums(loyalty, twin)
    assert await loyalty.invariant_violations() == []


def twins(*events: Event) -> list[Event]:
    """The events as events of the twin."""
    return [event(one.type, one.data, name=f"{one.id}-twin", customer="twin", days=_days(one)) for one in events]


def _days(one: Event) -> float:
    return (one.time - event("x", None).time).total_seconds() / 86_400


def moved(order_id: str, to: str, customer: str, **more: Any) -> Event:
    data = OrderMoved(order_id=order_id, to=to)
    return event("order.moved", data, name=f"moved-{order_id}-{customer}-{to}", customer=customer, **more)


async def test_a_guests_orders_are_the_accounts_and_both_ids_answer(loyalty):
    orders = [paid("o1", 12_000_000, customer="g", days=-40), paid("o2", 9_000_000, days=-1)]
    await loyalty.deliver(*orders, *twins(*orders))
    before = await row_of(loyalty, "c"), await row_of(loyalty, "g")
    events = await loyalty.deliver(merged("g"))

    await is_always_one(loyalty)
    answers = [(await loyalty.get(f"/v1/customers/{customer}/balance")).json() for customer in "cg"]
    assert answers[0] == answers[1]
    assert answers[0]["customer_id"] == "c"
    alias = await row_of(loyalty, "g")
    assert (alias["merged_into"], alias["due_at"], alias["settled_at"], alias["lifetime"]) == ("c", None, None, 0)
    assert answers[0]["version"] > max(row["version"] for row in before)
    closed, posted, moved_up = events
    assert (closed.customer_id, closed.data.merged_into, closed.data.balance.lifetime) == ("g", "c", 0)
    assert (posted.customer_id, posted.data.balance.lifetime, posted.data.version) == ("c", 210, 6)
    assert (closed.backfill, posted.backfill, moved_up.type, moved_up.backfill) == (True, True, "tier.changed", False)
    assert alias["version"] < posted.data.version


async def test_the_ledger_says_under_which_id_points_were_earned(loyalty):
    await loyalty.deliver(paid("o1", customer="g", days=-3), paid("o2", days=-1))
    await loyalty.deliver(merged("g"))
    ledgers = [(await loyalty.get(f"/v1/customers/{customer}/ledger")).json() for customer in "gc"]

    assert ledgers[0] == ledgers[1]
    assert [(entry["order_id"], entry["points"], entry["earned_as"]) for entry in ledgers[1]["entries"]] == [
        ("o1", 100, "g"),
        ("o2", 100, None),
    ]
    assert [lot["order_id"] for lot in ledgers[1]["lots"]] == ["o1", "o2"]
    assert len({entry["version"] for entry in ledgers[1]["entries"]}) == 2
    await loyalty.deliver(refund("o1", 5_000_000, days=-1))
    (newest, *_) = (await loyalty.get("/v1/customers/c/ledger")).json()["entries"]
    assert (newest["kind"], newest["points"], newest["earned_as"]) == ("reverse", -50, None)


async def test_an_order_that_both_have_counts_once(loyalty):
    """A guest's order that the account claims too: its acts come under both ids, as events of their own."""
    guest = [paid("o", 10_000_000, customer="g", days=-3), refund("o", 2_000_000, customer="g", days=-2)]
    account = [paid("o", 10_000_000, name="again", days=-3), refund("o", 2_000_000, name="back", days=-2)]
    await loyalty.deliver(*guest, *account, *twins(*account))
    await loyalty.deliver(merged("g"))

    await is_always_one(loyalty)
    assert (await figures(loyalty))["lifetime"] == 80


@pytest.mark.parametrize("first", ["moved", "merged"])
@pytest.mark.parametrize("late", [False, True])
async def test_an_order_that_moved_within_one_person_stays(loyalty, first, late):
    """What took the order from the guest takes it from nobody once guest and account are one."""
    taken = moved("o", "c", "g", days=-1)
    account = paid("o", name="claimed", days=-3)
    await loyalty.deliver(paid("o", customer="g", days=-3), *([] if late else [account]), *twins(account))
    for one in [taken, merged("g")] if first == "moved" else [merged("g"), taken]:
        await loyalty.deliver(one)
    await loyalty.deliver(account)

    await is_always_one(loyalty)
    assert (await figures(loyalty))["lifetime"] == 100


async def test_an_order_of_many_that_moved_within_one_person_stays(loyalty):
    """Whose acts come after the merge."""
    known = [*(paid(f"o{n}", days=-50 + n) for n in range(20)), paid("o", days=-20), paid("q", customer="a", days=-5)]
    claimed = paid("o", name="claimed", customer="a", days=-20)
    await loyalty.deliver(*known, moved("o", "a", "c", days=-10), *twins(*known, claimed))
    await loyalty.deliver(merged("a"))
    await loyalty.deliver(claimed)

    await is_always_one(loyalty)


async def test_an_order_that_moved_to_somebody_else_stays_there(loyalty):
    claimed = paid("o", customer="e", name="claimed", days=-3)
    await loyalty.deliver(paid("o", customer="g", days=-3), claimed, moved("o", "e", "g", days=-1), paid("p"))
    await loyalty.deliver(merged("g"))

    assert ((await figures(loyalty))["lifetime"], (await figures(loyalty, "e"))["lifetime"]) == (100, 100)
    await loyalty.deliver(merged("e"))
    assert (await figures(loyalty))["lifetime"] == 200
    assert await loyalty.invariant_violations() == []


async def test_an_old_move_that_does_not_say_to_whom_was_to_the_one_who_has_the_order(loyalty):
    await loyalty.deliver(paid("o", customer="g"), moved("o", "c", "g"), paid("o", name="claimed"), paid("p", days=-1))
    for customer in "g":
        facts = await loyalty.database.worker.fetchval("SELECT facts FROM orders WHERE customer_id = $1", customer)
        old = [fact[:5] if fact[2] == "moved" else fact for fact in json.decode(facts)]
        await loyalty.database.worker.execute(
            "UPDATE orders SET facts = $2 WHERE customer_id = $1", customer, json.encode(old).decode()
        )
    await loyalty.deliver(merged("g"))

    assert (await figures(loyalty))["lifetime"] == 200
    assert await loyalty.invariant_violations() == []


async def test_late_events_of_an_alias_are_the_roots(loyalty):
    late = [
        paid("o1", 25_000_000, customer="g", days=-30),
        paid("o2", customer="g", days=-20),
        refund("o1", 4_000_000, customer="g", days=-3),
    ]
    await loyalty.deliver(merged("g", under="g"), *late[:1])
    await loyalty.deliver(late[1], merged("g"))
    await loyalty.deliver(late[2], *twins(*late))

    await is_always_one(loyalty)
    entries = (await loyalty.get("/v1/customers/c/ledger")).json()["entries"]
    earned = {(entry["kind"], entry["order_id"], entry["earned_as"]) for entry in entries if entry["kind"] == "earn"}
    assert earned == {("earn", "o1", "g"), ("earn", "o2", "g")}


async def test_a_chain_and_several_aliases_end_at_one_root(loyalty):
    orders = [paid(f"o{n}", 15_000_000, customer=who, days=-30 + n) for n, who in enumerate(["x", "a", "b", "c", "x"])]
    await loyalty.deliver(*orders, *twins(*orders))
    await loyalty.deliver(merged("x", "a"), merged("b"))
    await loyalty.deliver(merged("a"))

    await is_always_one(loyalty)
    entries = (await loyalty.get("/v1/customers/x/ledger")).json()["entries"]
    assert {entry["order_id"]: entry["earned_as"] for entry in entries} == {
        "o0": "a", "o1": "a", "o2": "b", "o3": None, "o4": "a",
    }  # fmt: skip


async def test_debt_and_holds_and_expiries_are_those_of_one_person(loyalty):
    """What one owes is repaid by what the other earned."""
    orders = [
        paid("o1", 10_000_000, customer="g", days=-40),
        refund("o1", 10_000_000, customer="g", days=-1),
        paid("o2", 7_000_000, days=-60),
        paid("o3", 5_000_000, days=-3),
        paid("o4", 3_000_000, customer="g", days=-400),
    ]
    await loyalty.deliver(*orders, *twins(*orders))
    await loyalty.deliver(merged("g"))

    await is_always_one(loyalty)
    await loyalty.pass_time(days=13)
    await is_always_one(loyalty)
    await loyalty.pass_time(days=400)
    await is_always_one(loyalty)


async def test_no_message_goes_out_twice(loyalty):
    """A tier and an expiry that either was told of are not told again; a tier that only both together reach is."""
    await loyalty.put_programme(TIERS)
    await loyalty.deliver(
        paid("o1", 25_000_000, customer="g"), paid("o2", 30_000_000), paid("o3", 1_000_000, customer="h")
    )
    told = [one for one in await loyalty.deliver(merged("h")) if one.type != "points.posted"]
    assert told == []
    up = [one for one in await loyalty.deliver(merged("g")) if one.type == "tier.changed"]
    assert up == []
    await loyalty.deliver(paid("o4", 10_000_000, customer="i"))
    up = [one for one in await loyalty.deliver(merged("i")) if one.type == "tier.changed"]
    assert [(one.data.previous, one.data.tier, one.backfill) for one in up] == [("silver", "gold", False)]


async def test_who_was_told_of_a_tier_as_an_alias_is_not_told_again(loyalty):
    await loyalty.deliver(paid("o1", 25_000_000, customer="g"), paid("o2"))
    events = await loyalty.deliver(merged("g"))

    assert [one.type for one in events] == ["points.posted", "points.posted"]
    assert (events[-1].data.tier, events[-1].data.announced_tier) == ("silver", "silver")
    assert [one for one in await loyalty.pass_time(days=1) if one.type == "tier.changed"] == []


async def test_an_expiry_that_an_alias_was_told_of_is_not_told_again(loyalty):
    await loyalty.deliver(paid("o1", customer="g"), paid("o2", hours=-1))
    warned = await loyalty.pass_time(days=367, hours=0.5)
    assert {one.customer_id for one in warned if one.type == "points.expiring"} == {"g", "c"}
    assert {one.type for one in await loyalty.deliver(merged("g", days=367))} == {"points.posted"}
    later = await loyalty.pass_time(days=1)
    assert [one for one in later if one.type == "points.expiring"] == []


async def test_what_is_remembered_of_a_root_knows_what_an_alias_was_told(loyalty):
    """Of one midnight, orders of the morning are warned of later than those of the afternoon, by another version."""
    rules = "version: 1\ncurrency: IRR\nearn: {points: 1, per: 100000}\nexpiry: {days: 30, warn_days: %s}\n"
    rules += "tiers: {window_days: 30, levels: [{name: member, spend: 0}]}\n"
    await loyalty.put_programme(rules % 2, effective_from="2026-01-01T00:00:00Z")
    await loyalty.put_programme(rules % 10, effective_from=(NOON + timedelta(hours=1)).isoformat())
    await loyalty.deliver(*(paid(f"o{n}", hours=-n / 10) for n in range(20)))
    await loyalty.pass_time(hours=3)
    await loyalty.deliver(paid("g", customer="g", hours=2))
    warned = [one.customer_id for one in await loyalty.pass_time(days=21) if one.type == "points.expiring"]

    assert warned == ["g"]
    assert {one.type for one in await loyalty.deliver(merged("g", days=21))} == {"points.posted"}
    assert (await row_of(loyalty, "c"))["remembered"] is not None
    assert await loyalty.invariant_violations() == []
    assert [one for one in await loyalty.pass_time(days=9) if one.type == "points.expiring"] == []


async def test_history_that_is_coming_in_for_an_alias_is_waited_for(loyalty):
    await loyalty.deliver(paid("o1", 25_000_000, customer="g", backfill=True, days=-5), paid("o2"))
    assert {one.type for one in await loyalty.deliver(merged("g"))} == {"points.posted"}
    settled = await loyalty.pass_time(seconds=30)
    assert [(one.type, one.customer_id) for one in settled] == [("tier.changed", "c")]


async def test_who_has_nothing_leaves_nothing_to_tell(loyalty):
    await loyalty.deliver(paid("o"))
    before = await row_of(loyalty, "c")
    assert await loyalty.deliver(merged("a_1"), merged("a_2")) == []
    assert await row_of(loyalty, "c") == before
    assert (await loyalty.get("/v1/customers/a_1/balance")).json() == (
        await loyalty.get("/v1/customers/c/balance")
    ).json()


async def test_an_alias_for_whom_a_settling_waits_is_not_settled(loyalty):
    await loyalty.deliver(paid("o", customer="g"))
    await loyalty.deliver(merged("g"))
    before = await row_of(loyalty, "g")
    async with loyalty.database.worker.acquire() as connection, connection.transaction():
        assert await settle([CustomerKey("s", "g")], connection, loyalty.clock.now()) == []

    assert await row_of(loyalty, "g") == before


async def test_after_a_split_an_alias_begins_anew_and_comes_back_with_it(loyalty):
    """The order of the same name is another one's now: its lot has entries under ids that no others have."""
    first = [paid("o", 10_000_000, customer="g", days=-60), paid("p", days=-3)]
    await loyalty.deliver(*first)
    await loyalty.deliver(merged("g"), split("g"))
    assert (await loyalty.get("/v1/customers/g/balance")).status_code == 404
    again = [paid("o", 12_000_000, name="anew", customer="g", days=-50), paid("q", customer="g", days=-1)]
    events = await loyalty.deliver(*again)

    assert {one.customer_id for one in events} == {"g"}
    assert ((await figures(loyalty))["lifetime"], (await figures(loyalty, "g"))["lifetime"]) == (200, 220)
    assert await loyalty.invariant_violations() == []
    await loyalty.deliver(merged("g", version=3), *twins(*first, *again))
    await is_always_one(loyalty)


async def test_a_reader_of_the_topic_ends_right_whenever_it_hears_of_the_merge(loyalty):
    """By the versions alone, whoever routes events of the alias to the root from any moment on."""
    await loyalty.deliver(*(paid(f"o{n}", customer="g", days=-n) for n in range(5)), paid("p"))
    await loyalty.deliver(merged("g"))
    posted = [one.data for one in loyalty.published if one.type == "points.posted"]

    answer = await loyalty.balance()
    assert max(posted, key=lambda data: data.version).balance.lifetime == answer["lifetime"]
    entries = Counter(entry.entry_id for data in posted for entry in data.entries)
    assert set(entries.values()) == {1}


@pytest.mark.parametrize("remembered", [False, True])
async def test_a_guest_joins_an_account_with_many_orders_without_a_walk(loyalty, monkeypatch, remembered):
    many = [paid(f"o{n}", 2_000_000 + n, days=-100 + n) for n in range(40)]
    guest = [paid("g1", 3_000_000, customer="g", days=-2), paid("g2", 1_000_000, customer="g", days=-50)]
    await loyalty.deliver(*many, *guest, *twins(*many, *guest))
    if not remembered:
        await loyalty.database.worker.execute("UPDATE customers SET remembered = NULL WHERE customer_id = 'c'")
    else:
        monkeypatch.setattr(post, "load_accounts", None)
    await loyalty.deliver(merged("g"))

    monkeypatch.undo()
    await is_always_one(loyalty)
    await loyalty.pass_time(days=400)
    await is_always_one(loyalty)


async def test_a_merge_of_many_orders_is_left_to_the_lane_beside(loyalty, monkeypatch):
    orders = [paid(f"o{n}", customer="g", days=-n) for n in range(12)]
    await loyalty.deliver(*orders, paid("p"), *twins(*orders, paid("p")))
    monkeypatch.setattr("loyalty.account.merge.WALKED_MAX", 10)
    one = merged("g")
    async with loyalty.database.worker.acquire() as connection, connection.transaction():
        with pytest.raises(ValueError, match="more time than a batch has"):
            await merge([Merged(orders[0].customer, one.customer, one)], connection, loyalty.clock.now())
    await loyalty.deliver(merged("g"))
    await is_always_one(loyalty)


async def statements_of(loyalty: Loyalty, *merges: Merged) -> int:
    """How many statements merging takes; nothing is kept of it."""
    seen: list[str] = []
    async with loyalty.database.worker.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        with connection.query_logger(lambda record: seen.append(record.query)):
            await merge(merges, connection, loyalty.clock.now())
        await undone.rollback()
    return len(seen)


async def test_many_merges_of_a_batch_take_as_many_statements_as_one(loyalty):
    await loyalty.deliver(*(paid(f"o{n}", customer=f"g{n}", days=-n) for n in range(60)), paid("p", customer="r0"))
    merges = [
        Merged(CustomerKey("s", f"g{n}"), CustomerKey("s", f"r{n % 7}"), merged(f"g{n}", f"r{n % 7}"))
        for n in range(60)
    ]
    one, many = await statements_of(loyalty, merges[0]), await statements_of(loyalty, *merges)
    nothing = Merged(CustomerKey("s", "a_1"), CustomerKey("s", "r0"), merged("a_1", "r0"))

    assert many <= one + 1  # entries of a root's own orders, if these have another tier now
    assert await statements_of(loyalty, nothing) == 1


async def test_an_unpaid_order_is_paid_under_the_other_id(loyalty):
    await loyalty.deliver(order("placed", "o", 10_000_000, customer="g", days=-3), paid("p", days=-5))
    await loyalty.deliver(merged("g"))
    await loyalty.deliver(paid("o", 10_000_000, days=-2))
    assert (await figures(loyalty))["lifetime"] == 200
    await loyalty.deliver(cancelled("o", version=2, days=-1))
    assert (await figures(loyalty))["lifetime"] == 100
