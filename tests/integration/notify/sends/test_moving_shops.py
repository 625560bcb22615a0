"""A shop that moves to another installation: its messages wait for the new home, and the old one sends none."""

from datetime import timedelta

from builders.bands import crossed
from builders.customers import contact
from builders.events import SHOP
from builders.points import expiring
from builders.shops import shop_updated
from harness.notify_service import types


async def test_nothing_is_sent_for_a_shop_that_moves_and_what_waits_is_sent_where_it_does_not(notify):
    at_home = notify.settings
    notify.settings = at_home.model_copy(update={"shops_that_move": f"elsewhere, {SHOP}"})
    await notify.deliver(contact(), crossed(), expiring())
    for _ in range(3):
        assert types(await notify.send_out()) == []
        notify.clock.advance(timedelta(minutes=10))
    assert (notify.mail.given, notify.sms.given) == ([], [])
    shown = [(message["state"], message["reason"]["code"]) for message in await notify.messages()]
    assert shown == [("ready", "shop_moves")] * 2

    notify.settings = at_home
    assert types(await notify.send_out()) == [("message.sent", None)] * 2
    assert (len(notify.mail.given), len(notify.sms.given)) == (1, 1)


async def test_other_shops_go_on_sending(notify):
    notify.settings = notify.settings.model_copy(update={"shops_that_move": "other"})
    await notify.deliver(shop_updated(shop="other"), contact(), crossed())
    await notify.deliver(*(make(shop="other") for make in (contact, crossed)))

    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_what_is_too_late_while_its_shop_moves_is_withheld(notify):
    notify.settings = notify.settings.model_copy(update={"shops_that_move": SHOP})
    await notify.deliver(contact(), crossed())
    notify.clock.advance(timedelta(days=4))

    assert types(await notify.send_out()) == [("message.withheld", "too_late")]
