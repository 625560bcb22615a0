"""Messages of somebody who had two ids: caps, cooldowns and exits count both, and what is under way is not doubled."""

import asyncio
from datetime import timedelta

import pytest

from builders.bands import crossed, left
from builders.customers import contact
from builders.events import NOON
from builders.merges import merged, split
from builders.orders import paid
from builders.points import expiring
from harness.locking import until_waiting
from harness.notify_service import types
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.stream import Merged, TakesLonger
from notify.sends.claim import claim, terms_of
from notify.sends.merge import merge
from notify.sends.unknowns import settle_lost_workers

OFTEN = """
version: 1
trigger: {event: points.expiring, when: {points: {at_least: 1}}}
channel: sms
template: points_expiring
send_no_later_than: {field: expires_at}
"""


async def states(notify):
    rows = await notify.database.worker.fetch(
        "SELECT customer_id, started_as, state, reason FROM sends ORDER BY created_at, triggered_at"
    )
    return [tuple(row) for row in rows]


async def often(notify):
    """A journey without a cooldown."""
    answer = await notify.ask("PUT", "/v1/journeys/points_expiring", "journeys:write", content=OFTEN)
    assert answer.status_code == 201, answer.text
    notify.clock.advance(timedelta(seconds=1))
    return {"recorded_time": notify.clock.now()}


async def test_two_waiting_messages_of_one_journey_end_as_one(notify):
    await notify.deliver(contact(), contact(customer="a"), crossed(hours=-2), crossed(customer="a"))
    await notify.deliver(merged("a"))
    published = await notify.send_out()

    assert len(notify.mail.given) == 1
    assert sorted(types(published), key=str) == [("message.sent", None), ("message.withheld", "cooldown")]
    assert {event.customer_id for event in published} == {"c"}


async def test_without_a_cooldown_one_person_gets_a_message_once_too(notify):
    now = await often(notify)
    await notify.deliver(contact(), contact(customer="a"))
    await notify.deliver(expiring(**now), expiring(customer="a", **now), merged("a"))
    await notify.send_out()

    assert len(notify.sms.given) == 1
    [_, (_, _, state, reason)] = sorted(await states(notify), key=lambda row: row[2])
    assert (state, reason) == ("withheld", "sent_as_another")
    [rule] = [each["reason"]["rule"] for each in await notify.messages() if each["reason"]]
    assert "under another id" in rule


async def test_a_trigger_that_arrives_behind_the_merge_is_told_by_the_id_it_was_published_under(notify):
    now = await often(notify)
    await notify.deliver(contact(), contact(customer="a"), merged("a"))
    await notify.deliver(expiring(**now))
    await notify.send_out()
    await notify.deliver(expiring(customer="a", **now))
    await notify.send_out()

    assert (await states(notify))[1] == ("c", "a", "withheld", "sent_as_another")


async def test_two_causes_of_one_id_are_two_messages(notify):
    now = await often(notify)
    await notify.deliver(contact(customer="a"))
    await notify.deliver(expiring(customer="a", **now), merged("a"))
    await notify.send_out()
    await notify.deliver(expiring(customer="a", in_days=20, **now))
    await notify.send_out()

    assert len(notify.sms.given) == 2


@pytest.mark.parametrize("merged_first", [True, False])
async def test_caps_count_what_both_ids_were_sent(notify, merged_first):
    """The third message within the days of the cap waits for nobody: a cap of two has been reached."""
    await notify.deliver(contact(), contact(customer="a"), *([merged("a")] if merged_first else []))
    await notify.deliver(crossed(), expiring(customer="a"))
    await notify.send_out()
    if not merged_first:
        await notify.deliver(merged("a"))
    notify.clock.advance(timedelta(days=3))
    await notify.deliver(expiring(in_days=30, recorded_time=notify.clock.now()))
    journeyless = await notify.send_out()

    assert types(journeyless) == [("message.withheld", "cooldown")]
    await notify.database.worker.execute("UPDATE sends SET journey = 'another' WHERE journey = 'points_expiring'")
    await notify.deliver(expiring(in_days=31, recorded_time=notify.clock.now()))
    assert types(await notify.send_out()) == [("message.withheld", "capped")]
    await notify.database.worker.execute("DELETE FROM sends")


async def test_a_purchase_of_the_root_ends_what_was_started_for_the_alias(notify):
    await notify.deliver(contact(customer="a"), crossed(customer="a"), merged("a"))
    published = await notify.deliver(paid("1"))

    assert types(published) == [("message.withheld", "exited")]
    assert await states(notify) == [("c", "a", "withheld", "exited")]


@pytest.mark.parametrize(("buyer", "written_to"), [("a", "c"), ("c", "a")])
async def test_a_merge_ends_what_a_purchase_of_the_other_would_have(notify, buyer, written_to):
    await notify.deliver(contact(customer=written_to), crossed(customer=written_to), paid("1", customer=buyer))
    published = await notify.deliver(merged("a"))

    assert types(published) == [("message.withheld", "exited")]
    assert published[0].customer_id == "c"


async def test_bands_are_counted_by_each_id_and_from_then_on_by_the_root(notify):
    """The root had bought once and gave it back; the alias's purchases stand."""
    await notify.deliver(contact(), contact(customer="a"), left(version=7), crossed(customer="a", version=2))
    assert await notify.deliver(merged("a")) == []
    published = await notify.send_out()
    assert types(published) == [("message.sent", None)]


async def test_the_roots_last_band_ends_what_was_started_for_the_alias(notify):
    await notify.deliver(contact(customer="a"), crossed(customer="a", version=2), merged("a"))
    published = await notify.deliver(left(version=8))

    assert types(published) == [("message.withheld", "nothing_bought")]


@pytest.mark.parametrize("left_first", [True, False])
async def test_a_band_that_the_alias_had_left_is_over_for_what_is_tried_again(notify, left_first):
    """The send was in a worker's hands when the band was left, and when the merge came."""
    await notify.deliver(contact(customer="a"), crossed(customer="a", version=2))
    async with transaction(notify.database.worker) as connection:
        [held], _ = await claim(connection, terms_of(notify.settings), "email", NOON)
    for event in sorted(
        [left(customer="a", version=5), merged("a")], key=lambda each: each.type, reverse=not left_first
    ):
        await notify.deliver(event)
    await notify.database.worker.execute(
        "UPDATE sends SET state = 'ready', lease_until = NULL, attempted_at = NULL, attempt = 0 WHERE send_id = $1",
        held.send.send_id,
    )
    assert types(await notify.send_out()) == [("message.withheld", "nothing_bought")]


async def test_a_band_left_as_alias_that_arrives_late_ends_what_the_alias_waits_for_alone(notify):
    await notify.deliver(
        contact(), contact(customer="a"), crossed(version=2), crossed(customer="a", version=2), merged("a")
    )
    published = await notify.deliver(left(customer="a", version=3))

    assert types(published) == [("message.withheld", "nothing_bought")]
    assert sorted((row[1] or "", row[2]) for row in await states(notify)) == [("", "ready"), ("a", "withheld")]


async def test_a_message_under_way_is_recorded_for_the_root_although_the_merge_commits_meanwhile(notify):
    await notify.deliver(contact(), contact(customer="a"), crossed(customer="a"))

    async def during(_):
        await notify.deliver(merged("a"), crossed())

    notify.mail.during = during
    [*_, decided] = await notify.send_out()

    assert [outgoing.to for outgoing in notify.mail.given] == ["a@example.test"]
    assert sorted(await states(notify), key=str) == [("c", "a", "sent", None), ("c", None, "withheld", "cooldown")]
    assert {event.customer_id for event in notify.published if event.type.startswith("message.")} == {"c"}
    assert decided.data.message_id


async def test_a_merge_waits_for_the_claim_that_holds_its_customer(notify):
    """So what was claimed is counted: the other id's message of this journey does not go out."""
    pool = notify.database.worker
    await notify.deliver(contact(), contact(customer="a"), crossed(customer="a"))
    async with transaction(pool) as connection:
        claims, _ = await claim(connection, terms_of(notify.settings), "email", NOON)
        merging = asyncio.create_task(notify.deliver(merged("a"), crossed()))
        await until_waiting(pool, 1)
    await merging

    assert len(claims) == 1
    assert types(await notify.send_out()) == [("message.withheld", "cooldown")]


async def test_a_worker_that_dies_in_the_middle_of_a_merge_leaves_one_unknown_send_of_the_root(notify):
    pool = notify.database.worker
    await notify.deliver(contact(), contact(customer="a"), crossed(customer="a"))
    async with transaction(pool) as connection:
        await claim(connection, terms_of(notify.settings), "email", NOON)
    await notify.deliver(merged("a"), crossed())
    await pool.execute("UPDATE sends SET lease_until = now() - interval '1 s' WHERE state = 'sending'")
    await settle_lost_workers(pool, notify.clock)
    published = await notify.send_out()

    assert notify.mail.given == []
    assert sorted(types(published), key=str) == [("message.unknown", "worker_lost"), ("message.withheld", "cooldown")]
    assert {event.customer_id for event in published} == {"c"}


async def test_a_merge_of_many_messages_is_left_to_the_lane_beside(notify, monkeypatch):
    monkeypatch.setattr("notify.sends.merge.SENDS_MAX", 2)
    causes = [crossed(customer="a", hours=-n) for n in range(1, 4)]
    await notify.deliver(contact(customer="a"), contact(customer="b"), *causes, crossed(customer="b"))
    large, small = merged("a"), merged("b", "d")
    pairs = [Merged(CustomerKey("s", each.data.alias), each.customer, each) for each in (large, small)]
    with pytest.raises(TakesLonger) as raised:
        async with transaction(notify.database.worker) as connection:
            await merge(pairs, connection, NOON)
    await notify.deliver(large, small)

    assert raised.value.customers == {("s", "c")}
    assert sorted(row[0] for row in await states(notify)) == ["c", "c", "c", "d"]


async def test_after_a_split_the_messages_of_before_stay_with_the_root(notify):
    await notify.deliver(contact(), contact(customer="a"), crossed(customer="a"), merged("a"))
    await notify.send_out()
    await notify.deliver(split("a"), contact(7, customer="a"), expiring(customer="a"))
    await notify.send_out()

    assert sorted(await states(notify), key=str) == [("a", None, "sent", None), ("c", "a", "sent", None)]
    await notify.deliver(merged("a", version=3))
    assert sorted(await states(notify), key=str) == [("c", "a", "sent", None), ("c", "a", "sent", None)]


@pytest.mark.parametrize(("after", "found"), [(-1, 0), (1, 1)])
async def test_the_invariant_of_caps_counts_what_a_merged_customer_got_from_the_merge_on(notify, after, found):
    await notify.deliver(contact(), contact(customer="a"), crossed(), crossed(customer="a"), expiring())
    await notify.deliver(merged("a"))
    await notify.database.worker.execute(
        """
        UPDATE sends SET state = 'sent', attempt = 1, decided_at = $1::timestamptz,
            merged_at = merged_at + interval '2 s', attempted_at = $1::timestamptz
                + CASE WHEN channel = 'sms' THEN $2 * interval '1 s' + interval '2 s' ELSE interval '0' END
        """,
        NOON,
        after,
    )

    broken = await notify.invariant_violations()
    assert [each.invariant for each in broken if "customer gets" in each.invariant] == [
        "no customer gets more messages than the cap"
    ] * found
    await notify.database.worker.execute("DELETE FROM sends")
