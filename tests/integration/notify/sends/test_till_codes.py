"""The code that a customer says at a till: at once, without consent to marketing, once, and never too late."""

from datetime import timedelta
from uuid import uuid5

import pytest

from builders.customers import contact
from builders.events import NOON, event
from builders.points import expiring
from harness.notify_service import types
from mandegar.events.loyalty import TillCodeIssued
from notify.channels.channel import Outcome
from notify.domain.journey import NAMESPACE


def issued(code: str = "048291", *, minutes: float = 3, **more):
    data = TillCodeIssued(
        code_id=uuid5(NAMESPACE, code), code=code, expires_at=NOON + timedelta(minutes=minutes), points=200
    )
    return event("till.code_issued", data, name=f"code-{code}", **more)


async def test_a_code_is_sent_by_sms_without_consent_to_marketing(notify):
    await notify.deliver(contact(granted=""), issued())
    told = await notify.send_out()

    assert types(told) == [("message.sent", None)]
    [outgoing] = notify.sms.given
    assert outgoing.to == "+989121234567"
    assert "048291" in outgoing.content.decode()
    assert "۲۰۰" in outgoing.content.decode()
    [message] = await notify.messages()
    assert (message["journey"], message["marketing"], message["not_before"]) == (
        "till_code",
        False,
        message["created_at"],
    )
    assert "048291" not in repr(told)


async def test_a_code_for_points_and_a_reward_names_both_in_one_message(notify):
    both = TillCodeIssued(
        code_id=uuid5(NAMESPACE, "b"), code="048291", expires_at=NOON + timedelta(minutes=3), points=1_000_000,
        reward="ten-off",
    )  # fmt: skip
    await notify.deliver(contact(), event("till.code_issued", both, name="both"))
    await notify.send_out()
    [outgoing] = notify.sms.given

    assert "امتیاز و جایزه" in outgoing.content.decode()


async def test_the_same_code_again_is_sent_once(notify):
    await notify.deliver(contact(), issued())
    await notify.send_out()
    await notify.deliver(issued())
    await notify.send_out()

    assert len(notify.sms.given) == 1


async def test_quiet_hours_cap_and_marketing_do_not_hold_a_code_back_and_it_counts_for_none(notify):
    night = {"quiet_hours": "00:00-23:59", "cap_messages": 1}
    await notify.deliver(contact(), *[issued(f"00000{each}") for each in range(4)])
    await notify.send_out(**night)
    assert len(notify.sms.given) == 4

    await notify.deliver(expiring())
    await notify.send_out(cap_messages=1)
    assert len(notify.sms.given) == 5
    assert await notify.invariant_violations() == []


async def test_a_code_comes_before_what_is_due_already(notify):
    await notify.deliver(contact(customer="d"), expiring(customer="d"), contact(), issued())
    worker = notify.worker(delivery_batch=1)
    await worker.round()

    assert ["048291" in outgoing.content.decode() for outgoing in notify.sms.given] == [True]


async def test_a_code_that_is_no_longer_good_is_not_sent(notify):
    await notify.deliver(contact(), issued(minutes=-0.1))
    await notify.send_out()

    assert notify.sms.given == []
    assert await notify.states() == [("withheld", "too_late")]


async def test_a_lost_answer_is_looked_up_and_the_code_not_sent_twice(notify):
    notify.sms.answers = [Outcome("unknown", "timeout")]
    await notify.deliver(contact(), issued())
    await notify.send_out()
    notify.clock.advance(timedelta(minutes=2))
    await notify.send_out()

    assert len(notify.sms.given) == 1


@pytest.mark.parametrize("phone", [None, "+982188776655"])
async def test_without_a_mobile_number_the_reason_is_told(notify, phone):
    await notify.deliver(contact(phone=phone), issued())
    await notify.send_out()

    assert [state for state, _ in await notify.states()] == ["withheld"]
    assert (await notify.states())[0][1] in {"no_address", "no_mobile_number"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ("cooldown: P1D", "cooldown: till.code_issued is no marketing: the customer has asked for the message"),
        ("template: points_expiring", "template: this template is marketing, for which the customer has not asked"),
    ],
)
async def test_a_shop_cannot_send_marketing_as_a_code(notify, changed, error):
    key = changed.partition(":")[0]
    text = "version: 1\ntrigger: {event: till.code_issued}\nchannel: sms\ntemplate: till_code\n"
    lines = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
    document = "\n".join([*lines, "send_no_later_than: {field: expires_at}", changed, ""])
    answer = await notify.ask("PUT", "/v1/journeys/till_code", "journeys:write", content=document)

    assert answer.status_code == 422
    assert error in answer.text
