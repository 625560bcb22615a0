"""Channels do not wait for each other: a slow or failing provider of one delays no message of another."""

import asyncio

import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring
from harness.in_process import running
from harness.waiting import eventually
from notify.channels.channel import Outcome
from notify.sends import worker

CUSTOMERS = [f"c{number}" for number in range(16)]


async def sent(notify, channel):
    query = "SELECT count(*) FROM sends WHERE channel = $1 AND state = 'sent'"
    return await notify.database.worker.fetchval(query, channel)


@pytest.fixture
def providers(notify, monkeypatch):
    """The delivery of a process, with the scripted providers."""
    monkeypatch.setattr(worker, "providers_of", lambda _: {"email": notify.mail, "sms": notify.sms})
    return {"email": notify.mail, "sms": notify.sms}


@pytest.mark.parametrize(("slow", "other"), [("email", "sms"), ("sms", "email")])
async def test_messages_go_out_while_the_other_channels_provider_answers_nothing(notify, providers, slow, other):
    never = asyncio.Event()

    async def hang(_):
        await never.wait()

    providers[slow].during = hang
    await notify.deliver(*(make(customer=name) for name in CUSTOMERS for make in (contact, crossed, expiring)))
    async with running(worker.Delivery(notify.context).run()):
        await eventually(lambda: sent(notify, other), lambda count: count == len(CUSTOMERS))
        await eventually(lambda: providers[slow].given, bool)
        assert await sent(notify, slow) == 0
        never.set()
        await eventually(lambda: sent(notify, slow), lambda count: count == len(CUSTOMERS))


async def test_a_gateway_that_is_looked_up_in_vain_delays_no_mail(notify, providers):
    never = asyncio.Event()
    providers["sms"].answers = [Outcome("unknown", "sms_no_answer")] * len(CUSTOMERS)

    async def hang(_):
        await never.wait()

    await notify.deliver(*(make(customer=name) for name in CUSTOMERS for make in (contact, expiring)))
    await notify.send_out()
    await notify.database.worker.execute("UPDATE sends SET check_at = $1", notify.clock.now())
    providers["sms"].lookup = hang
    await notify.deliver(*(crossed(customer=name) for name in CUSTOMERS))
    async with running(worker.Delivery(notify.context).run()):
        await eventually(lambda: sent(notify, "email"), lambda count: count == len(CUSTOMERS))
        never.set()


async def test_a_stop_waits_for_the_calls_of_every_channel(notify, providers):
    began, finish = {"email": asyncio.Event(), "sms": asyncio.Event()}, asyncio.Event()

    def slowly(channel):
        async def during(_):
            began[channel].set()
            await finish.wait()

        return during

    for channel, provider in providers.items():
        provider.during = slowly(channel)
    await notify.deliver(*(make(customer=name) for name in CUSTOMERS[:3] for make in (contact, crossed, expiring)))
    delivering = asyncio.create_task(worker.Delivery(notify.context).run())
    for event in began.values():
        await event.wait()
    delivering.cancel()
    await asyncio.sleep(0)  # the cancellation reaches it
    finish.set()
    with pytest.raises(asyncio.CancelledError):
        await delivering

    states = [state for state, _ in await notify.states()]
    assert "sending" not in states
    assert states.count("sent") == len(notify.mail.given) + len(notify.sms.given)
