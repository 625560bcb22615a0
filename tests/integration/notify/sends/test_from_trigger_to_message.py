"""From a trigger to a message, and every rule that may stand between."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from builders.bands import crossed, left
from builders.customers import contact, profile
from builders.orders import paid
from builders.points import expiring, posted
from builders.shops import shop_updated
from harness.notify_service import types
from notify.channels.channel import Outcome


async def test_a_crossing_to_at_risk_sends_one_mail_with_points_and_a_way_out(notify):
    await notify.deliver(contact(), posted(1240, 1), crossed())
    told = await notify.send_out()

    assert types(told) == [("message.sent", None)]
    [outgoing] = notify.mail.given
    mail = message_from_bytes(outgoing.content, policy=default)
    assert (outgoing.to, outgoing.sender) == ("c@example.test", "hello@shop.example.test")
    assert "۱٬۲۴۰" in mail["Subject"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "سارا محمدی" in mail.get_body(("html",)).get_content()


async def test_expiring_points_send_one_sms(notify):
    await notify.deliver(contact(), expiring())
    told = await notify.send_out()

    assert types(told) == [("message.sent", None)]
    [outgoing] = notify.sms.given
    assert (outgoing.to, outgoing.sender) == ("+989121234567", "10004346")
    assert "۱۵ آذر ۱۴۰۵" in outgoing.content.decode()


async def test_the_events_of_a_message_carry_no_address_and_continue_the_chain(notify):
    trigger = crossed(hops=2)
    await notify.deliver(contact(), trigger)
    [sent] = await notify.send_out()

    assert (sent.causation_id, sent.correlation_id, sent.hops) == (trigger.id, trigger.id, 3)
    assert (sent.data.journey, sent.data.channel, sent.data.locale) == ("at_risk_offer", "email", "fa")
    assert "example.test" not in repr(sent)


async def test_the_same_trigger_again_sends_nothing_more(notify):
    trigger = crossed(name="one")
    await notify.deliver(contact(), trigger)
    await notify.send_out()
    await notify.deliver(trigger)
    await notify.send_out()

    assert len(notify.mail.given) == 1


async def test_a_shop_or_a_contact_that_arrives_after_the_trigger_is_waited_for_or_not_needed(notify):
    await notify.deliver(crossed(shop="late"), contact(shop="late"))
    assert await notify.send_out() == []

    await notify.deliver(shop_updated(shop="late"))
    notify.clock.advance(timedelta(seconds=10))

    assert types(await notify.send_out()) == [("message.sent", None)]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ([contact(granted="sms"), crossed()], "no_consent"),
        ([contact(email=None), crossed()], "no_address"),
        ([crossed()], "no_address"),
        ([contact(), paid(hours=-0.5), crossed()], "exited"),
        ([contact(), crossed(), left()], "nothing_bought"),
        ([contact(), left(), crossed(hours=0.1)], "nothing_bought"),  # the crossing was a dead letter until now
        ([contact(), crossed(hours=-80)], "too_late"),
        ([contact(), expiring(), posted(0, 9)], "no_longer_true"),
        ([contact(), expiring(in_days=-1)], "too_late"),
    ],
)
async def test_each_reason_not_to_send_is_recorded_and_published(notify, told, code):
    before = await notify.deliver(*told)
    after = await notify.send_out()

    assert types([*before, *after]) == [("message.withheld", code)]
    [message] = await notify.messages()
    assert message["state"] == "withheld"
    assert message["reason"]["code"] == code
    assert len(message["reason"]["rule"]) > 20
    assert notify.mail.given == []
    assert notify.sms.given == []


async def test_another_band_or_no_points_ask_for_nothing(notify):
    await notify.deliver(contact(), crossed("lost"), crossed("healthy"), expiring(0))

    assert await notify.states() == []


async def test_a_purchase_takes_back_what_still_waits(notify):
    await notify.deliver(contact(), crossed(), expiring())
    told = await notify.deliver(paid(hours=0.5))

    assert types(told) == [("message.withheld", "exited")]
    assert sorted(await notify.states()) == [("ready", None), ("withheld", "exited")]


async def test_after_everything_was_given_back_nothing_is_said_about_it(notify):
    await notify.deliver(contact(), crossed(), expiring())
    told = await notify.deliver(left(), crossed(version=3, hours=0.2, name="afresh"))

    assert types(told) == [("message.withheld", "nothing_bought")]
    assert sorted(await notify.states()) == [("ready", None), ("ready", None), ("withheld", "nothing_bought")]


async def test_a_mail_that_is_tried_again_after_everything_was_given_back_is_withheld(notify):
    await notify.deliver(contact(), crossed())
    notify.mail.answers.append(Outcome("retry", "smtp_421"))
    notify.mail.during = lambda _: notify.deliver(left())
    await notify.send_out()
    notify.mail.during = None
    notify.clock.advance(timedelta(hours=1))

    assert types(await notify.send_out()) == [("message.withheld", "nothing_bought")]
    assert len(notify.mail.given) == 1


async def test_the_last_order_in_a_mail_is_the_last_that_stands(notify):
    """The later order that notify has heard of was refunded: the crossing names the one before."""
    stands = crossed().time - timedelta(days=90)
    await notify.deliver(contact(locale="en"), paid(days=-2), crossed(last_order_at=stands))
    await notify.send_out()

    [outgoing] = notify.mail.given
    text = message_from_bytes(outgoing.content, policy=default).get_body(("plain",)).get_content()
    assert "Your last order with us was on 24 August 2026" in text


async def test_a_purchase_from_before_the_trigger_takes_nothing_back(notify):
    await notify.deliver(contact(), crossed(hours=-1), paid(hours=-2))

    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_history_that_is_long_past_writes_to_nobody(notify):
    events = await notify.deliver(contact(), crossed(hours=-2000, backfill=True))

    assert types(events) == [("message.withheld", "too_late")]
    assert events[0].backfill
    assert await notify.send_out() == []


async def test_an_older_snapshot_changes_nothing(notify):
    await notify.deliver(contact(5), contact(4, name="Old"))
    await notify.deliver(contact(3, email="older@example.test"), profile(2, locale="en"), crossed())
    [sent] = await notify.send_out()

    assert [outgoing.to for outgoing in notify.mail.given] == ["c@example.test"]
    assert sent.data.locale == "fa"


async def test_a_new_address_has_no_consent_of_the_old_one(notify):
    await notify.deliver(contact(1, hours=-50), contact(2, hours=-10, email="new@example.test"), crossed())
    await notify.send_out()

    assert await notify.states() == [("withheld", "no_consent")]


async def test_a_new_address_with_a_fresh_consent_is_written_to(notify):
    fresh = contact(2, hours=-10, said_hours=-10, email="new@example.test")
    await notify.deliver(contact(1, hours=-50), fresh, crossed())
    await notify.send_out()

    assert [outgoing.to for outgoing in notify.mail.given] == ["new@example.test"]


async def test_the_address_is_the_one_of_the_moment_of_sending(notify):
    await notify.deliver(contact(1), crossed())
    await notify.deliver(contact(2, said_hours=-10, hours=-10, email="new@example.test"))
    await notify.send_out()

    assert [outgoing.to for outgoing in notify.mail.given] == ["new@example.test"]


async def test_an_english_customer_gets_english(notify):
    await notify.deliver(contact(1, locale="en-GB"), crossed())
    [sent] = await notify.send_out()

    assert sent.data.locale == "en"


async def test_points_of_an_older_entry_do_not_come_back(notify):
    await notify.deliver(contact(), posted(500, 7), posted(900, 6), crossed())
    await notify.send_out()

    mail = message_from_bytes(notify.mail.given[0].content, policy=default)
    assert "۵۰۰" in mail["Subject"]


async def test_an_older_entry_that_comes_in_a_later_poll_does_not_bring_its_points_back(notify):
    await notify.deliver(contact(), posted(500, 7))
    await notify.deliver(posted(900, 6), crossed())
    await notify.send_out()

    mail = message_from_bytes(notify.mail.given[0].content, policy=default)
    assert "۵۰۰" in mail["Subject"]


async def test_a_customer_who_spent_some_points_is_not_told_of_more_than_there_are(notify):
    await notify.deliver(contact(), expiring(1240), posted(300, 9))
    await notify.send_out()

    assert "۳۰۰ امتیاز" in notify.sms.given[0].content.decode()
