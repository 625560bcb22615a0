"""One send fails alone, whatever its address, its provider or our own code raises: the others go out."""

from datetime import timedelta
from email.errors import HeaderParseError
from random import Random

import asyncpg
import pytest
from prometheus_client import REGISTRY

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring
from builders.shops import shop_updated
from notify.channels.channel import Outcome
from notify.sends import brake, claim, worker

CANARY = "sara.planted@canary.test"
ERRORS = (
    HeaderParseError(CANARY),
    AttributeError(CANARY),
    RecursionError(CANARY),
    UnicodeError(CANARY),
    UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY),
    KeyError(CANARY),
    OSError(5, CANARY),
    TimeoutError(CANARY),
    MemoryError(CANARY),
    StopAsyncIteration(CANARY),
    OverflowError(CANARY),
    asyncpg.CharacterNotInRepertoireError(CANARY),
    ExceptionGroup(CANARY, [ValueError(CANARY)]),
    type("Odd", (Exception,), {})(CANARY),
)


async def states_by_customer(notify):
    rows = await notify.database.worker.fetch("SELECT customer_id, state, reason FROM sends")
    return {row["customer_id"]: (row["state"], row["reason"]) for row in rows}


async def start_sends(notify, count):
    """As many customers with one mail each; their ids."""
    customers = [f"c{number}" for number in range(count)]
    await notify.deliver(*(make(customer=name) for name in customers for make in (contact, crossed)))
    return customers


@pytest.mark.parametrize(
    "address",
    [
        "user@gmail..com",
        "sara@example..test",
        "x@[.yy",
        "a@[b.cc",
        "<a@b.test>",
        "a@b.test>",
        "a b@c.test",
        "@",
        "\x7f@b",
    ],
)
async def test_an_address_that_an_older_release_stored_costs_its_own_send_alone(notify, address):
    await notify.deliver(shop_updated(shop="other"))
    customers = await start_sends(notify, 12)
    await notify.deliver(contact(shop="other"), crossed(shop="other"))
    await notify.database.worker.execute(
        """
        UPDATE customers SET email = $1, shop_consents = jsonb_set(shop_consents, '{email,address}', to_jsonb($1::text))
        WHERE customer_id = 'c5'
        """,
        address,
    )
    await notify.send_out()

    states = await states_by_customer(notify)
    assert states.pop("c5") == ("refused", "bad_address")
    assert states == dict.fromkeys([*(name for name in customers if name != "c5"), "c"], ("sent", None))


async def test_a_sender_that_an_older_release_stored_costs_its_own_shops_mails_alone(notify):
    await notify.deliver(shop_updated(shop="other"), contact(shop="other"), crossed(shop="other"))
    await start_sends(notify, 3)
    await notify.database.worker.execute("UPDATE shops SET sender_email = 'a@b..test' WHERE shop = 'other'")
    await notify.send_out()

    states = await states_by_customer(notify)
    assert states.pop("c") == ("refused", "bad_sender")
    assert set(states.values()) == {("sent", None)}


async def test_a_provider_that_raises_anything_costs_the_send_that_it_was_called_for(notify, capsys):
    customers = await start_sends(notify, 2 * len(ERRORS))
    raises = dict(zip(customers, ERRORS, strict=False))

    async def calls(message):
        if (error := raises.get(message.to.partition("@")[0])) is not None:
            raise error

    notify.mail.during = calls
    await notify.send_out()

    states = await states_by_customer(notify)
    assert {states[name] for name in raises} == {("unknown", "channel_failed")}
    assert {states[name] for name in customers if name not in raises} == {("sent", None)}
    assert len(notify.mail.given) == len(customers)
    written = capsys.readouterr().out
    assert "HeaderParseError" in written
    assert CANARY not in written


async def test_a_look_up_that_raises_anything_is_repeated_later_and_others_are_answered(notify):
    notify.sms.answers = [Outcome("unknown", "sms_no_answer")] * 2
    await notify.deliver(*(make(customer=name) for name in ("a", "b") for make in (contact, expiring)))
    await notify.send_out()
    ids = {row["customer_id"]: row["send_id"] for row in await notify.database.worker.fetch("SELECT * FROM sends")}
    looked_up = notify.sms.lookup

    async def lookup(send_id):
        if send_id == ids["a"]:
            raise RecursionError(CANARY)
        return await looked_up(send_id)

    notify.sms.lookup = lookup
    notify.sms.known[ids["b"]] = Outcome("accepted")
    notify.clock.advance(timedelta(minutes=1))
    await notify.send_out()

    assert await states_by_customer(notify) == {"a": ("unknown", "sms_no_answer"), "b": ("sent", None)}
    assert (
        await notify.database.worker.fetchval("SELECT check_at FROM sends WHERE customer_id = 'a'") > notify.clock.now()
    )


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_a_message_that_raises_anything_while_it_is_composed_is_refused_alone(notify, monkeypatch, error):
    composed = worker.compose

    def compose(claimed, settings, now):
        if claimed.send.customer_id == "c1":
            raise error
        return composed(claimed, settings, now)

    monkeypatch.setattr(worker, "compose", compose)
    label = {"step": "compose", "error": type(error).__name__}
    before = REGISTRY.get_sample_value("sends_failed_total", label) or 0
    await start_sends(notify, 3)
    await notify.send_out()

    states = await states_by_customer(notify)
    assert states == {"c0": ("sent", None), "c1": ("refused", "not_rendered"), "c2": ("sent", None)}
    assert REGISTRY.get_sample_value("sends_failed_total", label) == before + 1


async def test_an_error_of_ours_with_which_nothing_can_be_composed_costs_a_few_sends_and_the_others_go_out_later(
    notify, monkeypatch
):
    def broken(*_):
        raise AttributeError(CANARY)

    monkeypatch.setattr(worker, "compose", broken)
    await start_sends(notify, 40)
    sender = notify.worker()
    while await sender.round():
        pass

    states = list((await states_by_customer(notify)).values())
    assert states.count(("refused", "not_rendered")) == brake.FAILURES - 1
    assert states.count(("ready", "not_rendered")) == 40 - brake.FAILURES + 1
    assert REGISTRY.get_sample_value("send_brake_engaged") == 1

    monkeypatch.undo()
    notify.clock.advance(timedelta(minutes=1))
    while await sender.round():
        pass

    states = list((await states_by_customer(notify)).values())
    assert states.count(("sent", None)) == 40 - brake.FAILURES + 1
    assert REGISTRY.get_sample_value("send_brake_engaged") == 0


async def test_a_decision_that_raises_is_taken_again_until_the_deadline_and_the_others_are_decided(notify, monkeypatch):
    decide = claim._decide

    def broken(due, *arguments):
        if due.send.customer_id == "c1":
            raise ZeroDivisionError(CANARY)
        return decide(due, *arguments)

    monkeypatch.setattr(claim, "_decide", broken)
    await start_sends(notify, 3)
    await notify.send_out()
    states = await states_by_customer(notify)
    assert states == {"c0": ("sent", None), "c1": ("ready", "not_decided"), "c2": ("sent", None)}

    notify.clock.advance(timedelta(days=30))
    await notify.send_out()
    assert (await states_by_customer(notify))["c1"] == ("withheld", "too_late")


async def test_whatever_text_and_wait_a_provider_answers_can_be_recorded(notify):
    draw = Random(11)
    odd = ["\x00", "\ud800", "a\x00b\udfff", "x" * 100_000, "\r\n", "‮", "سلام", "\x1b[2J", "9" * 5_000]
    odd += ["".join(chr(draw.randrange(0x110000)) for _ in range(draw.randrange(300))) for _ in range(20)]
    notify.mail.answers = [Outcome("accepted", text, text) for text in odd]
    notify.mail.answers += [
        Outcome("retry", "smtp_451", retry_after=wait) for wait in (timedelta.max, timedelta.min, timedelta(days=1))
    ]
    customers = await start_sends(notify, len(notify.mail.answers))
    await notify.send_out()

    rows = await notify.database.worker.fetch("SELECT state, provider_ref FROM sends")
    assert len(rows) == len(customers)
    assert [row["state"] for row in rows].count("sent") == len(odd)
    assert all(len(row["provider_ref"] or "") <= 100 for row in rows)
    for customer in customers:
        await notify.messages(customer)
