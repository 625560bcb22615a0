"""Messages of another system among a customer's messages, and in an export."""

import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.erasures import erased, readmitted
from builders.events import NOON
from builders.merges import merged, merges, split
from builders.messages import sent_elsewhere
from builders.points import expiring
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.stream import Merged, TakesLonger
from notify.elsewhere import merge as elsewhere


async def test_a_message_of_another_system_is_shown_as_what_it_is(notify):
    told = sent_elsewhere("news-7", channel="sms", days=-2, journey="points_expiring", marketing=False)
    await notify.deliver(contact(), told)
    [shown] = await notify.messages()

    assert shown == {
        "message_id": str(told.id),
        "journey": "points_expiring",
        "journey_version": None,
        "channel": "sms",
        "marketing": False,
        "template": None,
        "locale": None,
        "state": "sent_elsewhere",
        "reason": None,
        "cause": {"event_id": str(told.id), "type": "message.sent_elsewhere"},
        "triggered_at": "2026-11-20T08:30:00Z",
        "created_at": "2026-11-20T08:30:00Z",
        "not_before": None,
        "no_later_than": None,
        "attempts": 0,
        "attempted_at": "2026-11-20T08:30:00Z",
        "decided_at": None,
        "provider_ref": "news-7",
        "started_as": None,
    }


async def test_pages_hold_each_message_once_newest_first(notify):
    """Ours and those of another system, several of one instant."""
    await notify.deliver(contact(), crossed(), *(expiring(points) for points in range(1, 4)))
    await notify.deliver(*(sent_elsewhere(f"m{n}", hours=-(n // 2)) for n in range(6)))
    seen, before = [], None
    while True:
        params = {"limit": 3, **({"before": before} if before else {})}
        page = (await notify.ask("GET", "/v1/customers/c/messages", params=params)).json()
        seen += page["messages"]
        before = page["next_before"]
        if before is None:
            break

    assert len({each["message_id"] for each in seen}) == len(seen) == 10
    places = [(each["created_at"], each["message_id"]) for each in seen]
    assert places == sorted(places, reverse=True)
    assert [each["state"] for each in seen].count("sent_elsewhere") == 6


async def test_a_page_behind_another_customers_message_is_empty(notify):
    other = sent_elsewhere("theirs", customer="d")
    await notify.deliver(contact(), contact(customer="d"), other, sent_elsewhere("m", hours=-1))
    page = await notify.ask("GET", "/v1/customers/c/messages", params={"before": str(other.id)})

    assert page.json()["messages"] == []


async def test_a_merged_person_has_the_messages_of_both_and_one_id_once(notify):
    later = sent_elsewhere("same", customer="a", hours=-1)
    await notify.deliver(contact(), contact(customer="a"), sent_elsewhere("same", hours=-2), later)
    await notify.deliver(sent_elsewhere("own"), sent_elsewhere("theirs", customer="a", hours=-3), *merges("a", "c"))
    shown = await notify.messages("a")

    assert [(each["provider_ref"], each["started_as"]) for each in shown] == [
        ("own", None),
        ("same", "a"),
        ("theirs", "a"),
    ]
    assert shown[1]["message_id"] == str(later.id)
    assert await notify.invariant_violations() == []


async def test_a_message_that_comes_behind_the_merge_is_the_roots_and_behind_a_split_the_aliass(notify):
    await notify.deliver(contact(), contact(customer="a"), *merges("a", "c"))
    await notify.deliver(sent_elsewhere("late", customer="a"))
    await notify.deliver(split("a"), sent_elsewhere("own", customer="a"))

    assert [(each["provider_ref"], each["started_as"]) for each in await notify.messages()] == [("late", "a")]
    assert [(each["provider_ref"], each["started_as"]) for each in await notify.messages("a")] == [("own", None)]


async def test_many_messages_of_an_alias_are_left_to_the_lane_beside(notify, monkeypatch):
    monkeypatch.setattr(elsewhere, "MESSAGES_MAX", 2)
    await notify.deliver(contact(), *(sent_elsewhere(f"m{n}", customer="a", hours=-n) for n in range(3)))
    root = CustomerKey("s", "c")
    async with transaction(notify.database.worker) as connection:
        with pytest.raises(TakesLonger) as left:
            await elsewhere.merge([Merged(CustomerKey("s", "a"), root, merged("a"))], connection, NOON)
    assert left.value.customers == {root}

    await notify.deliver(*merges("a", "c"))
    assert len(await notify.messages()) == 3


async def test_an_erased_customer_has_none_and_gets_none_until_readmitted(notify):
    await notify.deliver(contact(), sent_elsewhere("before"), erased(), sent_elsewhere("after", days=0.15))
    assert await notify.database.worker.fetchval("SELECT count(*) FROM messages_elsewhere") == 0
    assert await notify.invariant_violations() == []

    await notify.deliver(readmitted(), sent_elsewhere("anew", days=0.3))
    assert [each["provider_ref"] for each in await notify.messages()] == ["anew"]


async def test_an_export_has_them(notify):
    await notify.deliver(contact(), sent_elsewhere("news-7", days=-2, marketing=False))
    answer = await notify.ask("GET", "/v1/customers/c/export", "customers:export")

    assert answer.status_code == 200, answer.text
    assert '"message_id":"news-7"' in answer.text.replace(" ", "")


async def test_what_breaks_an_invariant_is_found(notify):
    await notify.deliver(contact(), contact(customer="a"), *merges("a", "c"), contact(customer="d"), erased("d"))
    await notify.database.worker.execute(
        """
        INSERT INTO messages_elsewhere (shop, customer_id, message_id, event_id, channel, marketing, sent_at)
        SELECT 's', id, id, gen_random_uuid(), 'email', true, now() FROM unnest(ARRAY['a', 'd']) AS id
        """
    )

    found = await notify.invariant_violations()
    await notify.database.worker.execute("DELETE FROM messages_elsewhere")
    assert ("an alias has no messages of another system", "a") in found
    assert ("an erased customer has no messages of another system", "d") in found
