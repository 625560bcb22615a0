"""What another system sent counts for caps and cooldowns as a message of ours would, and is never sent."""

from datetime import timedelta

import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.messages import sent_elsewhere
from builders.points import expiring
from harness.in_process import SHOP
from harness.notify_service import types
from mandegar.events.identity import address_id

MAIL = address_id("c@example.test", shop=SHOP, key=b"for tests only")


def capped(notify, messages=1):
    notify.settings = notify.settings.model_copy(update={"cap_messages": messages})


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        ({"hours": -1}, ("message.withheld", "capped")),
        ({"hours": -1, "channel": "sms"}, ("message.withheld", "capped")),
        ({"days": -6.9}, ("message.withheld", "capped")),
        ({"days": -7}, ("message.sent", None)),
        ({"days": -3000}, ("message.sent", None)),
        ({"hours": -1, "marketing": False}, ("message.sent", None)),
        ({"hours": -1, "marketing": False, "journey": "at_risk_offer"}, ("message.sent", None)),
        ({"hours": -1, "backfill": True}, ("message.withheld", "capped")),
        ({"hours": -1, "customer": "d"}, ("message.sent", None)),
        ({"hours": -1, "customer": "d", "address_id": MAIL}, ("message.withheld", "address_already_written")),
        ({"hours": -1, "shop": "other", "address_id": MAIL}, ("message.sent", None)),
    ],
)
@pytest.mark.parametrize("first", [False, True])
async def test_the_cap_counts_what_another_system_sent(notify, sent, outcome, first):
    """Whether the trigger or the message arrives first; the window is of seven days."""
    capped(notify)
    arrivals = [sent_elsewhere(**sent), crossed()]
    await notify.deliver(contact(), *(arrivals if first else reversed(arrivals)))

    assert types(await notify.send_out()) == [outcome]
    assert len(notify.mail.given) == (outcome[0] == "message.sent")


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        ({"days": -20, "journey": "at_risk_offer"}, ("message.withheld", "cooldown")),
        ({"days": -31, "journey": "at_risk_offer"}, ("message.sent", None)),
        ({"days": -20, "journey": "points_expiring"}, ("message.sent", None)),
        ({"days": -20}, ("message.sent", None)),
        (
            {"days": -20, "journey": "at_risk_offer", "customer": "d", "address_id": MAIL},
            ("message.withheld", "address_already_written"),
        ),
    ],
)
async def test_the_cooldown_of_a_journey_counts_what_another_system_sent_as_its_message(notify, sent, outcome):
    await notify.deliver(contact(), sent_elsewhere(**sent), crossed())

    assert types(await notify.send_out()) == [outcome]


async def test_one_message_counts_once_however_often_it_comes(notify):
    capped(notify, 2)
    again = [sent_elsewhere("m", hours=hours) for hours in (-3, -1, -2)]
    await notify.deliver(contact(), *again)
    await notify.database.worker.execute("DELETE FROM inbox")
    await notify.deliver(again[0])
    await notify.deliver(again[2], crossed())

    assert types(await notify.send_out()) == [("message.sent", None)]
    [row] = await notify.database.worker.fetch("SELECT event_id FROM messages_elsewhere")
    assert row["event_id"] == again[1].id


async def test_one_message_id_of_two_customers_is_two_messages(notify):
    """A campaign has one id for everybody."""
    capped(notify)
    await notify.deliver(contact(), contact(customer="d"), sent_elsewhere("news"), sent_elsewhere("news", customer="d"))
    await notify.deliver(crossed(), crossed(customer="d"))

    assert types(await notify.send_out()) == [("message.withheld", "capped")] * 2


async def test_what_comes_late_changes_nothing_that_was_decided(notify):
    capped(notify)
    await notify.deliver(contact(), crossed())
    assert types(await notify.send_out()) == [("message.sent", None)]
    decided = await notify.states()

    assert await notify.deliver(sent_elsewhere("late", hours=-1), sent_elsewhere("old", days=-900)) == []
    assert await notify.send_out() == []
    assert await notify.states() == decided
    assert await notify.invariant_violations() == []


async def test_it_is_never_sent_never_looked_up_and_not_counted_as_ours(notify):
    await notify.deliver(contact(), *(sent_elsewhere(f"m{n}", hours=-n) for n in range(3)))
    notify.clock.advance(timedelta(days=2))

    assert await notify.send_out() == []
    assert (notify.mail.given, notify.sms.given, notify.mail.asked) == ([], [], [])
    assert (await notify.ask("GET", "/v1/messages/summary", "ops")).json()["total"] == 0


async def test_it_counts_beside_our_own(notify):
    capped(notify, 2)
    await notify.deliver(contact(), sent_elsewhere(hours=-1), crossed(), expiring())

    assert sorted(types(await notify.send_out()), key=str) == [("message.sent", None), ("message.withheld", "capped")]
