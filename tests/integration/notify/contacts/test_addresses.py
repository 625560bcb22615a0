"""Consent and messages belong to an address, whichever customer ids it is under, now and later."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from builders.bands import crossed
from builders.customers import contact
from builders.events import NOON
from harness.locking import until_waiting
from mandegar.database import transaction
from mandegar.events.contacts import Consent
from notify.contacts.unsubscribe_token import Leaving, read_token, token_for
from notify.sends.claim import claim, terms_of

X = "x@example.test"
HOUR = timedelta(hours=1)


def given(version=1, *, customer="a", email=X, named=X, hours=-100.0, flag=False, status="granted", **more):
    """A snapshot of ingest with a consent for the address ``named``."""
    consent = Consent(status=status, at=NOON + hours * HOUR, address=named, flag=flag)
    return contact(version, customer=customer, email=email, consents={"email": consent}, **more)


def link_in(outgoing):
    """The path of the link in a mail."""
    body = message_from_bytes(outgoing.content, policy=default).get_body(("plain",))
    found = re.search(r"/u/[A-Za-z0-9_.-]+", body.get_content())
    assert found is not None
    return found.group()


async def consent_of(notify, customer, channel="email"):
    answer = await notify.ask("GET", f"/v1/customers/{customer}/preferences")
    return answer.json()["channels"][channel]["consent"]


async def reasons_of(notify, customer):
    return [(each["state"], (each["reason"] or {}).get("code")) for each in await notify.messages(customer)]


@pytest.mark.parametrize("named", ["b@example.test", "x@example.test.evil", ""])
async def test_a_consent_that_names_another_address_is_not_believed(notify, named):
    await notify.deliver(given(named=named), crossed(customer="a"))
    await notify.send_out()

    assert await reasons_of(notify, "a") == [("withheld", "no_consent")]


async def test_two_ids_and_a_guest_with_one_address_get_one_copy(notify):
    ids = ["a", "b", "g_0123"]
    await notify.deliver(*(given(customer=id_) for id_ in ids), *(crossed(customer=id_) for id_ in ids))
    await notify.send_out()

    assert [outgoing.to for outgoing in notify.mail.given] == [X]
    outcomes = sorted([(await reasons_of(notify, id_))[0] for id_ in ids], key=str)
    assert outcomes == [
        ("sent", None),
        ("withheld", "address_already_written"),
        ("withheld", "address_already_written"),
    ]
    [rule] = {
        each["reason"]["rule"] for id_ in ids for each in await notify.messages(id_) if each["reason"] is not None
    }
    assert "another customer of the shop has the same address" in rule


async def test_another_spelling_of_an_address_is_the_same_address(notify):
    spellings = {"a": "x@bücher.example", "b": "x@xn--bcher-kva.example"}
    for id_, email in spellings.items():
        await notify.deliver(given(customer=id_, email=email, named="x@xn--bcher-kva.example"), crossed(customer=id_))
    await notify.send_out()

    assert len(notify.mail.given) == 1
    await notify.client.post(link_in(notify.mail.given[0]))
    assert [await consent_of(notify, id_) for id_ in spellings] == ["withdrawn", "withdrawn"]


async def test_workers_at_once_send_one_copy_to_an_address_under_many_ids(notify):
    ids = [f"c{number}" for number in range(30)]
    await notify.deliver(*(given(customer=id_) for id_ in ids), *(crossed(customer=id_) for id_ in ids))
    workers = [notify.worker(delivery_batch=3) for _ in range(4)]

    async def until_done(worker):
        while await worker.round() or "ready" in {state for state, _ in await notify.states()}:
            pass

    await asyncio.gather(*map(until_done, workers))

    assert len(notify.mail.given) == 1
    assert sorted({reason for _, reason in await notify.states()}, key=str) == [None, "address_already_written"]


async def test_a_claim_waits_for_another_that_writes_to_the_same_address(notify):
    await notify.deliver(given(customer="a"), given(customer="b"), crossed(customer="a"), crossed(customer="b"))
    pool, now = notify.database.worker, notify.clock.now()
    terms = terms_of(notify.settings)

    async def claimed():
        async with transaction(pool) as connection:
            claims, decided = await claim(connection, terms, "email", now)
            return len(claims), decided

    async with transaction(pool) as connection:
        first, _ = await claim(connection, replace(terms, batch=1), "email", now)
        second = asyncio.create_task(claimed())
        await until_waiting(pool, 1)

    assert (len(first), await second) == (1, (0, 1))
    assert sorted(await notify.states(), key=str) == [("sending", None), ("withheld", "address_already_written")]


SECOND_OFFER = """
version: 1
trigger: {event: band.crossed, when: {band: at_risk}, since: crossed_at}
channel: email
template: at_risk_offer
send_no_later_than: {field: crossed_at, after: P3D}
offer: {code: SPRING, amount: 500000, currency: IRR, valid: P14D}
"""


async def test_ids_with_one_address_share_the_cap(notify):
    stored = await notify.ask("PUT", "/v1/journeys/second_offer", "journeys:write", content=SECOND_OFFER)
    assert stored.status_code == 201, stored.text
    await notify.news()
    await notify.deliver(given(customer="a"), given(customer="b"))
    await notify.deliver(crossed(customer="a"), crossed(customer="b"))
    await notify.send_out(cap_messages=2)

    assert len(notify.mail.given) == 2
    codes = [code for id_ in ("a", "b") for _, code in await reasons_of(notify, id_)]
    assert sorted(codes, key=str) == [None, None, "address_already_written", "address_already_written"]
    assert await notify.invariant_violations() == []


async def test_one_click_leaves_for_the_address_under_every_id_now_and_later(notify):
    await notify.deliver(given(customer="a"), given(customer="b"), crossed(customer="a"))
    await notify.send_out()
    await notify.client.post(link_in(notify.mail.given[0]))
    [changed] = await notify.news()
    await notify.deliver(given(customer="later", hours=-1), given(customer="flagged", hours=5, flag=True))

    assert [await consent_of(notify, id_) for id_ in ("a", "b", "later", "flagged")] == ["withdrawn"] * 4
    assert (changed.data.status, changed.data.method, changed.data.address_id[:2]) == ("withdrawn", "one_click", "g_")
    assert "example.test" not in repr(changed)

    await notify.deliver(given(2, customer="b", hours=5))
    assert [await consent_of(notify, id_) for id_ in ("a", "b", "later")] == ["withdrawn", "granted", "withdrawn"]


async def test_a_later_click_withdraws_what_another_id_was_granted_since(notify):
    await notify.deliver(given(customer="a"), crossed(customer="a"))
    await notify.send_out()
    link = link_in(notify.mail.given[0])
    await notify.client.post(link)
    notify.clock.advance(10 * HOUR)
    await notify.deliver(given(customer="b", hours=5))
    assert await consent_of(notify, "b") == "granted"

    await notify.client.post(link)
    assert await consent_of(notify, "b") == "withdrawn"


async def test_a_link_that_was_sent_to_an_old_address_leaves_that_address_alone(notify):
    await notify.deliver(given(customer="a"), given(customer="b"), crossed(customer="a"))
    await notify.send_out()
    await notify.deliver(given(2, customer="a", email="new@example.test", named="new@example.test", hours=-1))
    await notify.client.post(link_in(notify.mail.given[0]))

    assert [await consent_of(notify, id_) for id_ in ("a", "b")] == ["granted", "withdrawn"]


async def test_a_link_of_a_release_before_leaves_the_address_that_the_customer_has(notify):
    await notify.deliver(given(customer="a"), given(customer="b"))
    await notify.client.post("/u/" + token_for(Leaving("s", "a", "email"), notify.settings.unsubscribe_secret))

    assert [await consent_of(notify, id_) for id_ in ("a", "b")] == ["withdrawn", "withdrawn"]


async def test_a_link_names_its_address_by_a_pseudonym(notify):
    await notify.deliver(given(customer="a"), crossed(customer="a"))
    await notify.send_out()
    leaving = read_token(link_in(notify.mail.given[0]).removeprefix("/u/"), *notify.settings.unsubscribe_keys)

    assert leaving is not None
    assert leaving[:3] == ("s", "a", "email")
    assert leaving.address_id is not None
    assert leaving.address_id.startswith("g_")


async def test_a_flag_that_the_shop_sends_again_does_not_undo_a_one_click(notify):
    await notify.deliver(given(customer="a", flag=True), crossed(customer="a"))
    await notify.send_out()
    await notify.client.post(link_in(notify.mail.given[0]))
    for version, hours in enumerate([-100, 1, 50], start=2):
        await notify.deliver(given(version, customer="a", hours=hours, flag=True))
        assert await consent_of(notify, "a") == "withdrawn"

    await notify.deliver(given(6, customer="a", hours=60))
    assert await consent_of(notify, "a") == "granted"


async def test_preferences_show_and_change_what_was_said_about_the_address(notify):
    await notify.deliver(given(customer="a"), given(customer="b"))
    body = {"channels": {"email": "withdrawn"}}
    await notify.ask("PUT", "/v1/customers/a/preferences", "preferences:write", json=body)
    assert [await consent_of(notify, id_) for id_ in ("a", "b")] == ["withdrawn", "withdrawn"]

    notify.clock.advance(HOUR)
    body = {"channels": {"email": "granted"}}
    await notify.ask("PUT", "/v1/customers/b/preferences", "preferences:write", json=body)
    assert [await consent_of(notify, id_) for id_ in ("a", "b")] == ["granted", "granted"]


async def test_another_shop_is_not_left(notify):
    await notify.deliver(given(customer="a"), given(customer="a", shop="other"))
    await notify.client.post("/u/" + token_for(Leaving("s", "a", "email"), notify.settings.unsubscribe_secret))

    rows = await notify.database.worker.fetch("SELECT shop FROM address_consents")
    assert [row["shop"] for row in rows] == ["s"]


async def test_no_address_stands_in_what_was_said_about_addresses(notify):
    await notify.deliver(given(customer="a"), crossed(customer="a"))
    await notify.send_out()
    await notify.client.post(link_in(notify.mail.given[0]))
    for table in ("address_consents", "sends", "outbox"):
        for row in await notify.database.worker.fetch(f"SELECT t::text AS line FROM {table} t"):
            assert "example.test" not in row["line"]
