"""Claim, commit, call once, record: what happens to a send whatever its provider or its process does."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.orders import paid
from builders.points import expiring
from harness.notify_service import types
from notify.channels.channel import Outcome
from notify.sends.record import result_of, write_result

HOUR = timedelta(hours=1)
LEASE_IS_OVER = "UPDATE sends SET lease_until = now() - interval '1 second' WHERE state = 'sending'"


async def the_send(notify):
    [row] = await notify.database.worker.fetch("SELECT * FROM sends")
    return row


async def lose_the_worker(notify, channel):
    """A process that dies between its claim and the answer, and a lease that has run out."""

    async def killed(_):
        raise asyncio.CancelledError

    channel.during = killed
    with pytest.raises(asyncio.CancelledError):
        await notify.worker().round()
    channel.during = None
    await notify.database.worker.execute(LEASE_IS_OVER)


async def test_quiet_hours_hold_a_message_until_the_morning_and_ask_again(notify):
    notify.clock.advance(10 * HOUR)  # ten at night in Tehran
    await notify.deliver(contact(), crossed())
    assert await notify.send_out() == []
    row = await the_send(notify)
    assert (row["state"], row["reason"]) == ("ready", "quiet_hours")
    after_nine = row["not_before"] - (notify.clock.now() + 11 * HOUR)
    assert timedelta() <= after_nine < timedelta(minutes=10)

    notify.clock.set(row["not_before"])
    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_consent_withdrawn_during_the_night_counts_in_the_morning(notify):
    notify.clock.advance(10 * HOUR)
    await notify.deliver(contact(), crossed())
    await notify.send_out()
    await notify.deliver(contact(2, granted="sms"))
    notify.clock.advance(12 * HOUR)

    assert types(await notify.send_out()) == [("message.withheld", "no_consent")]


async def test_the_cap_counts_over_channels_and_rolls(notify):
    notify.settings = notify.settings.model_copy(update={"cap_messages": 1})
    await notify.deliver(contact(), crossed(), expiring())
    told = await notify.send_out()

    assert sorted(types(told)) == [("message.sent", None), ("message.withheld", "capped")]

    notify.clock.advance(timedelta(days=8))
    await notify.deliver(expiring(in_days=20))
    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_two_workers_at_once_do_not_exceed_the_cap(notify):
    notify.settings = notify.settings.model_copy(update={"cap_messages": 1})
    customers = [f"c{i}" for i in range(30)]
    await notify.deliver(*(make(customer=c) for c in customers for make in (contact, crossed, expiring)))
    workers = [notify.worker(delivery_batch=5) for _ in range(4)]

    async def until_done(worker):
        while await worker.round() or "ready" in {state for state, _ in await notify.states()}:
            pass

    await asyncio.gather(*map(until_done, workers))

    states = await notify.states()
    assert (states.count(("sent", None)), states.count(("withheld", "capped"))) == (30, 30)
    assert len(notify.mail.given) + len(notify.sms.given) == 30


async def test_a_journey_keeps_still_for_its_cooldown(notify):
    await notify.deliver(contact(), crossed())
    await notify.send_out()
    notify.clock.advance(timedelta(days=20))
    await notify.deliver(crossed(hours=20 * 24 - 1))

    assert types(await notify.send_out()) == [("message.withheld", "cooldown")]


@pytest.mark.parametrize(
    ("outcome", "state", "published"),
    [
        (Outcome("accepted", provider_ref="r1"), "sent", ("message.sent", None)),
        (Outcome("refused", "smtp_550_5.1.1"), "refused", ("message.refused", "smtp_550_5.1.1")),
        (Outcome("unknown", "smtp_no_answer"), "unknown", ("message.unknown", "smtp_no_answer")),
    ],
)
async def test_each_answer_is_recorded_and_published_once(notify, outcome, state, published):
    notify.mail.answers = [outcome]
    await notify.deliver(contact(), crossed())

    assert types(await notify.send_out()) == [published]
    assert (await the_send(notify))["state"] == state
    assert await notify.send_out() == []
    assert len(notify.mail.given) == 1


async def test_a_provider_that_is_away_is_tried_again_later_and_later(notify):
    notify.mail.answers = [Outcome("retry", "smtp_unreachable")] * 3
    await notify.deliver(contact(), crossed())
    waits = []
    for _ in range(3):
        assert await notify.send_out() == []
        row = await the_send(notify)
        assert (row["state"], row["reason"]) == ("ready", "smtp_unreachable")
        waits.append(row["not_before"] - notify.clock.now())
        notify.clock.set(row["not_before"])

    assert waits == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_a_provider_says_when_to_come_back(notify):
    notify.sms.answers = [Outcome("retry", "sms_429", retry_after=HOUR)]
    await notify.deliver(contact(), expiring())
    await notify.send_out()

    assert (await the_send(notify))["not_before"] == notify.clock.now() + HOUR


async def test_what_could_be_tried_again_only_too_late_is_refused(notify):
    notify.sms.answers = [Outcome("retry", "sms_429", retry_after=timedelta(days=20))]
    await notify.deliver(contact(), expiring())

    assert types(await notify.send_out()) == [("message.refused", "sms_429")]


async def test_a_mail_whose_worker_died_is_unknown_and_never_sent_again(notify):
    notify.mail.can_look_up = False
    await notify.deliver(contact(), crossed())
    await lose_the_worker(notify, notify.mail)
    told = await notify.send_out()
    notify.clock.advance(timedelta(days=1))
    await notify.send_out()

    assert types(told) == [("message.unknown", "worker_lost")]
    assert len(notify.mail.given) == 1
    assert (await the_send(notify))["check_at"] is None


async def test_an_sms_whose_worker_died_is_looked_up_and_found(notify):
    await notify.deliver(contact(), expiring())
    await lose_the_worker(notify, notify.sms)
    send_id = (await the_send(notify))["send_id"]
    notify.sms.known[send_id] = Outcome("accepted", provider_ref="77")
    told = await notify.send_out()

    assert types(told) == [("message.unknown", "worker_lost"), ("message.sent", None)]
    assert notify.sms.asked == [send_id]
    assert len(notify.sms.given) == 1


async def test_an_sms_that_the_provider_never_had_goes_out_after_all(notify):
    await notify.deliver(contact(), expiring())
    await lose_the_worker(notify, notify.sms)
    notify.sms.known[(await the_send(notify))["send_id"]] = Outcome("retry", "sms_never_received")
    told = await notify.send_out()
    assert types(told) == [("message.unknown", "worker_lost")]
    assert await notify.states() == [("ready", "sms_never_received")]

    notify.clock.set((await the_send(notify))["not_before"])
    assert types(await notify.send_out()) == [("message.sent", None)]
    assert (await the_send(notify))["attempt"] == 2


async def test_a_provider_that_loses_every_send_is_called_ever_more_rarely_and_unknown_is_published_once(notify):
    """It answers nothing clear, and says of each send that it never had it."""
    notify.settings = notify.settings.model_copy(update={"quiet_hours": ""})
    await notify.deliver(contact(), expiring(in_days=14))
    send = await the_send(notify)
    notify.sms.known[send["send_id"]] = Outcome("retry", "sms_never_received")
    notify.sms.answers = [Outcome("unknown", "sms_501")] * 2_000
    calls, told = [], []
    while send["state"] in ("ready", "unknown"):
        if len(notify.sms.given) > len(calls):
            calls.append(notify.clock.now())
        told += await notify.send_out()
        send = await the_send(notify)
        notify.clock.set(max(notify.clock.now(), send["check_at"] or send["not_before"]))

    waits = [later - earlier for earlier, later in pairwise(calls)]
    assert waits == sorted(waits)
    assert waits[0] < timedelta(minutes=1) < HOUR < waits[-1]
    assert len(calls) < 14 * 24 + 12
    assert types(told) == [("message.unknown", "sms_501"), ("message.withheld", "too_late")]


async def test_a_fault_of_the_provider_refuses_no_message_however_long_it_lasts(notify):
    notify.mail.answers = [Outcome("retry", "smtp_mail_550", fault="mail")] * 1_000
    await notify.deliver(contact(), crossed())
    told = []
    while (await the_send(notify))["state"] == "ready":
        told += await notify.send_out()
        notify.clock.set(max(notify.clock.now(), (await the_send(notify))["not_before"]))

    assert [type_ for type_, _ in types(told)] == ["message.withheld"]
    assert await notify.states() == [("withheld", "too_late")]
    assert 20 < len(notify.mail.given) < 120


async def test_a_lookup_that_says_nothing_is_repeated_ever_more_rarely_and_given_up(notify):
    notify.sms.answers = [Outcome("unknown", "sms_no_answer")]
    await notify.deliver(contact(), expiring())
    await notify.send_out()
    for _ in range(30):
        check_at = (await the_send(notify))["check_at"]
        if check_at is None:
            break
        notify.clock.set(check_at)
        await notify.send_out()

    assert await notify.states() == [("unknown", "sms_no_answer")]
    assert len(notify.sms.given) == 1
    assert 8 <= len(notify.sms.asked) <= 16


async def test_each_claim_begins_a_new_attempt(notify):
    notify.mail.answers = [Outcome("retry", "smtp_unreachable")] * 2
    await notify.deliver(contact(), crossed())
    attempts = []
    for _ in range(3):
        await notify.send_out()
        row = await the_send(notify)
        attempts.append(row["attempt"])
        notify.clock.set(max(row["not_before"], notify.clock.now()))

    assert attempts == [1, 2, 3]


async def test_an_answer_for_an_older_attempt_changes_nothing(notify):
    notify.mail.answers = [Outcome("retry", "smtp_unreachable"), Outcome("accepted")]
    await notify.deliver(contact(), crossed())
    await notify.send_out()
    notify.clock.set((await the_send(notify))["not_before"])
    recorded = []

    async def answers_late(message):
        deadline = notify.clock.now() + HOUR
        late = result_of(message.send_id, 1, Outcome("refused", "late"), deadline, notify.clock.now())
        recorded.append(await write_result(notify.database.worker, late, "sending", notify.clock.now()))

    notify.mail.during = answers_late
    told = await notify.send_out()

    assert recorded == [False]
    assert types(told) == [("message.sent", None)]


async def test_an_answer_that_comes_after_the_lease_does_not_overwrite(notify):
    async def slow(_):
        await notify.database.worker.execute(LEASE_IS_OVER)
        notify.mail.during = None
        await notify.worker().round()

    notify.mail.can_look_up = False
    notify.mail.during = slow
    await notify.deliver(contact(), crossed())
    told = await notify.send_out()

    assert types(told) == [("message.unknown", "worker_lost")]
    assert await notify.states() == [("unknown", "worker_lost")]


async def test_a_worker_that_is_stopped_finishes_what_it_began_and_gives_back_the_rest(notify):
    began, finish = asyncio.Event(), asyncio.Event()

    async def slow(_):
        began.set()
        await finish.wait()

    notify.mail.during = slow
    await notify.deliver(*(make(customer=f"c{i}") for i in range(5) for make in (contact, crossed)))
    round_ = asyncio.create_task(notify.worker(delivery_concurrency=1).round())
    await began.wait()
    round_.cancel()
    await asyncio.sleep(0)  # the cancellation reaches it
    finish.set()
    with pytest.raises(asyncio.CancelledError):
        await round_

    states = [state for state, _ in await notify.states()]
    assert sorted(states) == ["ready"] * 4 + ["sent"]
    notify.mail.during = None
    await notify.send_out()
    assert len(notify.mail.given) == 5


async def test_a_purchase_while_the_provider_is_called_comes_too_late_to_stop_it(notify):
    async def buys(_):
        notify.mail.during = None
        await notify.deliver(paid(hours=1))

    notify.mail.during = buys
    await notify.deliver(contact(), crossed())
    await notify.send_out()

    assert await notify.states() == [("sent", None)]


async def test_a_message_that_cannot_be_filled_is_refused_and_its_neighbours_go_out(notify):
    await notify.deliver(contact(customer="a"), contact(customer="b"), crossed(customer="a"), crossed(customer="b"))
    await notify.database.worker.execute("""UPDATE sends SET payload = '{"band": 7}' WHERE customer_id = 'a'""")

    assert sorted(types(await notify.send_out())) == [("message.refused", "not_rendered"), ("message.sent", None)]


async def test_no_address_stands_outside_the_table_of_customers(notify):
    await notify.deliver(contact(), crossed(), expiring())
    await notify.send_out()
    for table in ("sends", "inbox", "dead_letters", "outbox", "outbox_published"):
        rows = await notify.database.worker.fetch(f"SELECT t::text AS line FROM {table} t")
        assert not [row for row in rows if "example.test" in row["line"] or "912123" in row["line"]]
    assert "example.test" not in repr(notify.published)


@pytest.mark.parametrize("phone", ["+982188776655", "+980912123456", "+18005550123", "+4915112", "+447700900123"])
async def test_an_sms_to_a_number_that_cannot_get_one_is_withheld_and_the_mail_goes_out(notify, phone):
    await notify.deliver(contact(phone=phone), crossed(), expiring())

    assert sorted(types(await notify.send_out())) == [("message.sent", None), ("message.withheld", "no_mobile_number")]
    assert notify.sms.given == []
    [withheld] = [message for message in await notify.messages() if message["state"] == "withheld"]
    assert "cannot receive SMS" in withheld["reason"]["rule"]


async def test_an_sms_goes_to_a_number_that_may_be_a_mobile_phone(notify):
    await notify.deliver(contact(phone="+12025550123"), expiring())

    assert types(await notify.send_out()) == [("message.sent", None)]
