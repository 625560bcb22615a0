"""Journeys that begin at what churn says of a customer: each once, and not of those whom only a model has moved."""

from datetime import timedelta

import pytest

from builders.bands import crossed, left, restated
from builders.churn_news import entered, left_segment, staged, turned, won_back
from builders.customers import contact
from builders.events import NOON
from builders.merges import merged
from harness.notify_service import types
from mandegar.database import transaction
from notify.channels.channel import Outcome
from notify.journeys.built_in import built_in_versions
from notify.sends.claim import claim, terms_of
from notify.sends.record import result_of, write_result

SENT = [("message.sent", None)]
MOVED_ON = [("message.withheld", "moved_on")]
WELCOME = built_in_versions()["welcome_back"].document.replace("enabled: false", "enabled: true")
TRIGGERS = {
    "won back": "event: customer.won_back, since: won_back_at",
    "turned": "event: lifecycle.changed, since: changed_at, when: {lifecycle: active}",
    "decides": "event: stage.changed, since: changed_at, when: {stage: decision}",
    "vip": "event: segment.entered, since: entered_at, when: {segment: vip}",
}
INSTANTS = {"won back": "won_back_at", "turned": "changed_at", "decides": "changed_at", "vip": "entered_at"}
BEGINNINGS = {
    "won back": won_back,
    "turned": lambda **more: turned("active", **more),
    "decides": lambda **more: staged("decision", **more),
    "vip": entered,
}
ENDS = {
    "won back": lambda **more: crossed("lost", version=9, **more),
    "turned": lambda **more: turned("won_back", version=9, **more),
    "decides": lambda **more: staged("service", version=9, **more),
    "vip": left_segment,
}


async def put(notify, *kinds):
    for kind in kinds:
        document = (
            f"version: 1\ntrigger: {{{TRIGGERS[kind]}}}\nchannel: email\ntemplate: welcome_back\n"
            f"send_no_later_than: {{field: {INSTANTS[kind]}, after: P3D}}\n"
        )
        answer = await notify.ask("PUT", f"/v1/journeys/{kind.replace(' ', '_')}", "journeys:write", content=document)
        assert answer.status_code == 201, answer.text
    await notify.news()


async def test_who_is_won_back_is_welcomed_once_where_the_shop_wants_it(notify):
    await notify.deliver(contact(), won_back(name="quiet"))
    assert await notify.send_out() == []

    assert (await notify.ask("PUT", "/v1/journeys/welcome_back", "journeys:write", content=WELCOME)).status_code == 201
    await notify.news()
    await notify.deliver(won_back(name="back"))
    await notify.deliver(won_back(name="back"), won_back(name="later", version=7))
    assert sorted(types(await notify.send_out())) == [*SENT, ("message.withheld", "cooldown")]
    assert len(notify.mail.given) == 1


@pytest.mark.parametrize("kind", TRIGGERS)
async def test_a_message_goes_out_if_nothing_happens_and_not_once_the_customer_has_moved_on(notify, kind):
    await put(notify, kind)
    await notify.deliver(contact(), contact(customer="other"))
    await notify.deliver(BEGINNINGS[kind](), BEGINNINGS[kind](customer="other"))
    assert [each for each in await notify.deliver(ENDS[kind]()) if each.type == "message.withheld"] != []
    assert [(message["state"], message["reason"]["code"]) for message in await notify.messages()] == [
        ("withheld", "moved_on")
    ]
    assert types(await notify.send_out()) == SENT


@pytest.mark.parametrize("kind", TRIGGERS)
async def test_a_message_that_is_tried_again_is_withheld_if_the_customer_has_moved_on_meanwhile(notify, kind):
    await put(notify, kind)
    await notify.deliver(contact(), BEGINNINGS[kind]())
    pool, now = notify.database.worker, notify.clock.now()
    async with transaction(pool) as connection:
        [held], _ = await claim(connection, terms_of(notify.settings), "email", now)
    assert await notify.deliver(ENDS[kind]()) == []
    result = result_of(held.send.send_id, held.attempt, Outcome("retry", "busy"), held.send.no_later_than, now)
    await write_result(pool, result, "sending", now)
    notify.clock.advance(timedelta(hours=1))

    assert types(await notify.send_out()) == MOVED_ON


async def test_nobody_is_written_to_whom_a_model_a_definition_or_a_history_has_brought_somewhere(notify):
    await put(notify, "turned", "decides", "vip")
    told = [turned("active", over=True), staged("decision", over=True), entered(over=True), entered("another")]
    await notify.deliver(contact(), *told, turned("won_back"), staged("service"))

    assert await notify.send_out() == []
    assert await notify.messages() == []


async def test_who_has_left_a_segment_and_entered_it_again_is_written_to_for_the_second_time_alone(notify):
    await put(notify, "vip")
    await notify.deliver(contact())
    withheld = await notify.deliver(
        entered(name="1"), left_segment("another"), left_segment(), entered(name="2"), left_segment(), entered(name="3")
    )

    assert types(withheld) == MOVED_ON * 2
    assert types(await notify.send_out()) == SENT


@pytest.mark.parametrize("kind", ["decides", "vip"])
@pytest.mark.parametrize("heard_first", ["merge", "end"])
async def test_what_was_told_of_an_alias_ends_with_it_and_what_was_told_of_the_root_stays(notify, kind, heard_first):
    await put(notify, kind)
    await notify.deliver(contact(), contact(customer="a"), BEGINNINGS[kind](customer="a"), BEGINNINGS[kind]())
    end = staged("awareness", version=2, into="c", customer="a") if kind == "decides" else left_segment(
        into="c", customer="a"
    )  # fmt: skip
    events = [merged("a"), end][:: 1 if heard_first == "merge" else -1]

    assert types([each for event in events for each in await notify.deliver(event)]) == MOVED_ON
    assert types(await notify.send_out()) == SENT


async def test_a_welcome_ends_with_all_purchases_and_outlives_a_merge_into_the_healthy(notify):
    await put(notify, "won back")
    await notify.deliver(contact(), won_back(version=5))
    assert types(await notify.deliver(left(version=6))) == [("message.withheld", "nothing_bought")]

    await notify.deliver(contact(customer="d"), won_back(customer="d", version=5))
    assert await notify.deliver(restated("healthy", customer="d", version=7)) == []
    assert types(await notify.send_out()) == SENT


@pytest.mark.parametrize("kind", ["turned", "decides", "vip"])
async def test_who_turns_out_to_be_somebody_else_is_not_told_again_of_where_they_had_arrived(notify, kind):
    await put(notify, kind)
    await notify.deliver(contact(), contact(customer="a"), BEGINNINGS[kind](customer="a"))
    assert types(await notify.send_out()) == SENT
    for days in (3, 40):
        notify.clock.advance(timedelta(days=days))
        hours = (notify.clock.now() - NOON).total_seconds() / 3600 - 1
        told = BEGINNINGS[kind](name=f"as the root {days}", hours=hours, **({} if kind == "vip" else {"version": days}))
        await notify.deliver(*([merged("a")] if days == 3 else []), told)
        expected = [("message.withheld", "sent_as_another")] if days == 3 else SENT
        assert types(await notify.send_out()) == expected
