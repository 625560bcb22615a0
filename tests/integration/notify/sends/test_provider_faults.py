"""A fault of the relay or of our account costs no message: it shows, is tried again, and everything goes out."""

import pytest
from prometheus_client import REGISTRY

from builders.bands import crossed
from builders.customers import contact
from harness.mail_server import HANG_UP, mail_server
from harness.notify_service import Rounds
from notify.sends import brake, condition
from notify.sends.condition import Condition

CUSTOMERS = [f"c{number}" for number in range(12)]


def failing():
    return REGISTRY.get_sample_value("provider_failing", {"channel": "email"})


async def until_nothing_waits(notify, worker):
    """Deliver, and let the time pass that the sends wait for."""
    while "ready" in {state for state, _ in await notify.states()}:
        while await worker.round():
            pass
        next_at = await notify.database.worker.fetchval("SELECT min(not_before) FROM sends WHERE state = 'ready'")
        if next_at is not None:
            notify.clock.set(max(next_at, notify.clock.now()))


@pytest.mark.parametrize(
    ("stage", "answer", "login"),
    [
        ("AUTH", b"535 5.7.8 wrong password\r\n", "user:old@"),
        ("greeting", b"554 no service\r\n", ""),
        ("greeting", HANG_UP, ""),
        ("MAIL", b"550 5.7.1 not this sender\r\n", ""),
        ("MAIL", b"530 5.7.0 log in\r\n", ""),
        ("MAIL", b"503 bad sequence\r\n", ""),
        ("RCPT", b"554 5.7.1 relay access denied\r\n", ""),
        ("DATA", b"554 no\r\n", ""),
        ("DATA", HANG_UP, ""),
    ],
)
async def test_everything_goes_out_once_the_fault_is_over(notify, stage, answer, login):
    notify.settings = notify.settings.model_copy(update={"quiet_hours": ""})
    async with mail_server({stage: answer}, login=login) as (channel, server):
        rounds = Rounds(notify.context, {"email": channel})
        check = rounds.by_channel["email"].condition.check
        assert await check() is None
        await notify.deliver(*(make(customer=name) for name in CUSTOMERS for make in (contact, crossed)))
        for _ in range(3):
            while await rounds.round():
                pass
            assert {state for state, _ in await notify.states()} == {"ready"}
            assert "messages wait" in await check()
            assert failing() == 1
            notify.clock.set(await notify.database.worker.fetchval("SELECT max(not_before) FROM sends"))
        server.script.clear()
        await until_nothing_waits(notify, rounds)

        assert await notify.states() == [("sent", None)] * len(CUSTOMERS)
        assert len(server.contents) == len(CUSTOMERS)
        assert await check() is None
        assert failing() == 0


@pytest.mark.parametrize("answer", [b"\r\n250 OK\r\n", b"taken\r\n", b"250 " + b"x" * 9_000 + b"\r\n", HANG_UP])
async def test_an_answer_to_the_content_that_is_none_leaves_one_copy_and_shows(notify, answer):
    async with mail_server({"content": answer}) as (channel, server):
        rounds = Rounds(notify.context, {"email": channel})
        await notify.deliver(contact(), crossed())
        while await rounds.round():
            pass
        await until_nothing_waits(notify, rounds)

        assert [state for state, _ in await notify.states()] == ["unknown"]
        assert len(server.contents) == 1
        assert await rounds.by_channel["email"].condition.check() is not None


async def test_a_fault_of_which_nothing_more_is_heard_is_forgotten(monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(condition, "monotonic_seconds", lambda: seconds[0])
    provider = Condition("email")
    provider.note(condition.Outcome("retry", "smtp_unreachable", fault="connect"))
    seconds[0] = condition.FORGET_SECONDS - 1
    assert "could not be reached" in await provider.check()

    seconds[0] += 2
    assert await provider.check() is None
    assert failing() == 0


async def test_a_provider_that_puts_off_everything_fails_and_one_that_puts_off_a_recipient_does_not():
    provider, later = Condition("email"), condition.Outcome("retry", "smtp_451")
    for outcome in (later, later, condition.Outcome("accepted"), later, later):
        provider.note(outcome)
        assert await provider.check() is None

    provider.note(later)
    assert "messages wait" in await provider.check()
    provider.note(condition.Outcome("refused", "smtp_550"))
    assert await provider.check() is None


@pytest.mark.parametrize("code", ["bad_address", "bad_sender", "no_mobile_number"])
async def test_a_message_for_which_the_provider_was_not_called_says_nothing_about_it(code):
    provider = Condition("sms")
    provider.note(condition.Outcome("retry", "sms_403", fault="send"))
    provider.note(condition.Outcome("refused", code))

    assert "our key" in await provider.check()


async def test_refusals_in_words_that_nobody_knows_cost_a_shop_a_few_mails_and_the_others_wait(notify):
    notify.settings = notify.settings.model_copy(update={"quiet_hours": ""})
    customers = [f"c{number}" for number in range(30)]
    async with mail_server({"RCPT": b"550 administrative prohibition\r\n"}) as (channel, server):
        rounds = Rounds(notify.context, {"email": channel})
        refusals = rounds.by_channel["email"].refusals
        await notify.deliver(*(make(customer=name) for name in customers for make in (contact, crossed)))
        while await rounds.round():
            pass
        states = await notify.states()
        assert states.count(("refused", "smtp_550")) == brake.FAILURES - 1
        assert {state for state, _ in states} == {"refused", "ready"}
        assert "1 shops" in (await refusals.check() or "")
        asked = sum(b"RCPT" in each for each in server.said)
        assert asked < len(customers)

        notify.clock.advance(brake.STOPPED_FOR)
        server.script.clear()
        await until_nothing_waits(notify, rounds)
        states = await notify.states()
        assert states.count(("sent", None)) == len(customers) - brake.FAILURES + 1
        assert await refusals.check() is None


async def test_addresses_that_do_not_exist_stop_nobody(notify):
    notify.settings = notify.settings.model_copy(update={"quiet_hours": ""})
    async with mail_server({"RCPT": b"550 5.1.1 no such user\r\n"}) as (channel, _):
        await notify.deliver(*(make(customer=name) for name in CUSTOMERS for make in (contact, crossed)))
        rounds = Rounds(notify.context, {"email": channel})
        while await rounds.round():
            pass
        assert set(await notify.states()) == {("refused", "smtp_550_5.1.1")}
