"""Mail of a shop whose sender is not verified waits; SMS, other shops and the installation's own sender do not."""

from datetime import timedelta

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring
from builders.shops import shop_updated
from harness.notify_service import types


async def test_mail_waits_for_its_sender_and_goes_out_once_it_is_verified(notify):
    await notify.deliver(shop_updated(2, sender_verified=False), contact(), crossed(), expiring())

    assert types(await notify.send_out()) == [("message.sent", None)]
    assert (len(notify.mail.given), len(notify.sms.given)) == (0, 1)
    shown = {message["channel"]: message for message in await notify.messages()}
    assert (shown["email"]["state"], shown["email"]["reason"]["code"]) == ("ready", "sender_unverified")
    assert "verified" in shown["email"]["reason"]["rule"]

    await notify.deliver(shop_updated(3, sender_verified=True))
    notify.clock.advance(timedelta(minutes=15))
    assert types(await notify.send_out()) == [("message.sent", None)]
    assert len(notify.mail.given) == 1


async def test_mail_whose_sender_is_never_verified_is_withheld_at_its_deadline(notify):
    await notify.deliver(shop_updated(2, sender_verified=False), contact(), crossed())
    published = []
    for _ in range(30):
        notify.clock.advance(timedelta(hours=6))
        published += types(await notify.send_out())

    assert published in ([("message.withheld", "sender_unverified")], [("message.withheld", "too_late")])
    assert notify.mail.given == []


async def test_sms_of_a_shop_without_a_line_wait_until_the_operator_assigns_one(notify):
    await notify.deliver(shop_updated(2, sms_sender=""), contact(), expiring())
    assert types(await notify.send_out()) == []
    [shown] = await notify.messages()
    assert (shown["state"], shown["reason"]["code"]) == ("ready", "no_sender")
    assert "sms_sender" in shown["reason"]["rule"]

    await notify.deliver(shop_updated(3))
    notify.clock.advance(timedelta(minutes=15))
    assert types(await notify.send_out()) == [("message.sent", None)]
    assert len(notify.sms.given) == 1


async def test_other_shops_are_not_affected(notify):
    await notify.deliver(shop_updated(2, sender_verified=False), shop_updated(shop="other"))
    await notify.deliver(*(make(shop="other") for make in (contact, crossed)))

    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_the_senders_of_earlier_releases_count_as_verified(notify):
    """Their events do not have the field, and their rows got it from the migration."""
    event = shop_updated(2)
    assert event.data.sender_verified is True
    await notify.deliver(event, contact(), crossed())

    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_a_shop_without_a_sender_uses_that_of_the_installation(notify):
    notify.settings = notify.settings.model_copy(update={"default_sender_email": "hello@house.test"})
    await notify.deliver(shop_updated(2, sender_email="", sender_verified=False), contact(), crossed())

    assert types(await notify.send_out()) == [("message.sent", None)]
