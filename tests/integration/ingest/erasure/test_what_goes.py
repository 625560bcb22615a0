"""An erased person is nowhere: no column of any table has a string of theirs, and others keep what is theirs."""

import json
from typing import Any
from uuid import uuid4

import pytest

from builders.people import guest, identified, paid, viewed
from builders.planted import ACCOUNT, BROWSER, MAIL, NAME, NOTE, OLD_MAIL, PLANTED, as_a_guest, as_an_account, unusable
from harness.ingest_service import NOON, SHOP, Ingest
from mandegar.database import transaction
from mandegar.events import Event
from mandegar.events.notify import ConsentChanged
from mandegar.events.topics import raw_topic
from mandegar.stream import Record


def word(ingest: Ingest, customer: str) -> Event:
    """What a customer said to notify itself."""
    pseudonym = guest(ingest.context.identity_key, MAIL)
    data = ConsentChanged(channel="email", status="withdrawn", at=NOON, method="one_click", address_id=pseudonym)
    return Event(
        id=uuid4(), source="n", type="consent.changed", time=NOON, shop=SHOP, recorded_time=NOON, data=data,
        customer_id=customer,
    )  # fmt: skip


async def produced(ingest: Ingest, *values: bytes) -> None:
    """Records of a topic that the shop writes: what cannot be accepted has nobody to be told."""
    records = [
        Record(raw_topic(ingest.source_id).name, 0, offset, b"planted-event", value)
        for offset, value in enumerate(values)
    ]
    async with transaction(ingest.database.worker) as connection:
        await ingest.process_raw(records, connection, ingest.clock.now())


async def a_life(ingest: Ingest) -> None:
    """A guest, a browser and an account, who are one; what could not be accepted of them; and what notify heard."""
    await ingest.deliver(word(ingest, ACCOUNT), topic="notify.events")
    results = await ingest.results(as_a_guest())
    results += await ingest.results(as_an_account())
    assert {status for status, _ in results} == {"accepted"}
    assert {status for status, _ in await ingest.results(unusable())} == {"quarantined"}
    broken = json.dumps({"customer": {"id": ACCOUNT}, "note": NOTE}).encode()[:-1]
    await produced(ingest, broken, f"call {MAIL}: {NOTE}".encode())


async def test_no_table_has_a_string_of_an_erased_person(ingest, erase, places):
    await a_life(ingest)
    before = await places(*PLANTED)
    assert {text for _, text in before} == set(PLANTED)
    assert {"events.body", "quarantine.body", "customers.profile", "outbox.value"} <= {place for place, _ in before}

    answer = await erase(ACCOUNT)

    assert (answer.status_code, answer.json()["status"]) == (202, "erased")
    assert await places(*PLANTED) == set()


async def test_what_was_there_before_this_release_is_found_as_well(ingest, erase, places):
    await a_life(ingest)
    await ingest.database.worker.execute("UPDATE quarantine SET names = NULL")
    await erase(ACCOUNT)
    assert await places(*PLANTED) == set()


async def test_the_text_of_a_review_stands_in_its_body_alone_and_goes_with_the_person(ingest, erase, places):
    words = "planted words, terrible"
    review = {"product_id": "p", "rating": 1, "text": f"{words} quality"}
    await ingest.send([{**viewed("a-review", {"id": ACCOUNT}), "type": "review.submitted", "data": review}])
    assert {place for place, _ in await places(words)} == {"events.body"}

    await erase(ACCOUNT)

    assert await places(words) == set()


@pytest.mark.parametrize("number", range(len(unusable())))
async def test_each_kind_of_unusable_event_is_found(ingest, erase, places, number):
    await a_life(ingest)
    await ingest.database.worker.execute("DELETE FROM quarantine")
    assert await ingest.results(unusable()[number]) != []
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM quarantine") == 1
    await erase(ACCOUNT)
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM quarantine") == 0


async def test_what_is_somebody_elses_stays(ingest, erase, places):
    await a_life(ingest)
    other = "somebody else entirely"
    theirs = [
        {**paid("x-1", {"id": "c-9", "email": "nima@example.com", "name": "Nima"}, 1), "note": other},
        {**viewed("x-2", {"id": "c-9", "anonymous_id": "b-9"}, 2), "note": other},
        {**viewed("x-3", {"anonymous_id": "b-9"}, 3), "note": other},
    ]
    await ingest.send(theirs)
    bad = {**paid("x-4", {"id": "c-9"}, 4), "data": {"order_id": "x", "total": "-1"}, "note": f"{other}, not {MAIL}"}
    await ingest.send(bad)
    before = await places(other, "nima@example.com", "Nima")
    await erase(ACCOUNT)

    assert await places(other, "nima@example.com", "Nima") == before
    assert await ingest.results(theirs) == [("duplicate", None)] * 3


async def test_the_same_id_in_another_shop_is_somebody_else(ingest, erase, places):
    await ingest.ask("PUT", "/v1/shops/bahar", shop="bahar", json=SETTINGS_OF_ANOTHER)
    made = await ingest.ask("POST", "/v1/sources", shop="bahar", json={"name": "theirs"})
    text = "of another shop"
    await ingest.send({**viewed("1", {"id": ACCOUNT, "name": text}), "note": text}, key=made.json()["key"])
    await a_life(ingest)
    before = await places(text)
    await erase(ACCOUNT)

    assert await places(text) == before
    again = await ingest.send(viewed("2", {"id": ACCOUNT}, 1), key=made.json()["key"])
    assert again.json()["results"][0]["status"] == "accepted"
    events = await ingest.news()
    assert {event.shop for event in events if event.type == "customer.erased"} == {SHOP}


async def test_a_browser_that_another_customer_used_is_theirs(ingest, erase, places):
    """What was done on it in their time stays, and what they do on it later is accepted."""
    await a_life(ingest)
    await ingest.send(identified("other", {"id": "c-9"}, 30, anonymous_id=BROWSER))
    theirs = "a visit of somebody else"
    await ingest.send({**viewed("o-visit", {"anonymous_id": BROWSER}, 31), "note": theirs})
    await erase(ACCOUNT)

    assert {place for place, _ in await places(theirs)} == {"events.body"}
    assert await ingest.results(viewed("later", {"anonymous_id": BROWSER}, 32)) == [("accepted", "merged_customer")]
    assert (await ingest.news())[-1].customer_id == "c-9"
    early = await ingest.results(viewed("early", {"anonymous_id": BROWSER}, 14))
    assert early == [("suppressed", "customer_erased")]


async def test_a_browser_is_suppressed_until_somebody_else_uses_it(ingest, erase):
    await a_life(ingest)
    await erase(ACCOUNT)
    assert await ingest.results(viewed("1", {"anonymous_id": BROWSER}, 30)) == [("suppressed", "customer_erased")]
    await ingest.send(viewed("2", {"id": "c-9", "anonymous_id": BROWSER}, 31))
    assert await ingest.results(viewed("3", {"anonymous_id": BROWSER}, 32)) == [("accepted", "merged_customer")]


async def test_an_address_of_two_accounts_stays_that_of_nobody(ingest, erase):
    await ingest.send(viewed("1", {"id": "c-9", "email": MAIL}, 1))
    await ingest.send(viewed("2", {"id": ACCOUNT, "email": MAIL}, 2))
    await erase(ACCOUNT)

    mine = guest(ingest.context.identity_key, MAIL)
    assert await ingest.results(viewed("3", {"email": MAIL}, 3)) == [("accepted", "address_shared")]
    rows = await ingest.database.worker.fetch("SELECT guest_id, customer_id FROM account_addresses ORDER BY 2")
    assert [tuple(row) for row in rows] == [(mine, ""), (mine, "c-9")]


async def test_many_events_go_in_several_transactions(ingest, erase, places, monkeypatch):
    monkeypatch.setattr("ingest.erasure.apply.EVENTS_AT_ONCE", 3)
    await ingest.send([{**viewed(f"planted-event-{n}", {"id": ACCOUNT}, n), "note": NOTE} for n in range(20)])
    await erase(ACCOUNT, finish=False)
    assert await places(NOTE) != set()
    await erase(ACCOUNT)
    assert await places(NOTE, "planted-event") == set()


async def test_what_was_published_says_who_is_erased_under_every_id(ingest, erase):
    await a_life(ingest)
    earlier = await ingest.news()
    await erase(ACCOUNT)
    news = await ingest.news()

    key = ingest.context.identity_key
    ids = {ACCOUNT, f"a_{BROWSER}", guest(key, MAIL), guest(key, OLD_MAIL), guest(key, "+989121234567")}
    erased = {event.customer_id: event.data for event in news if event.type == "customer.erased"}
    assert erased.keys() == ids
    assert {event.customer_id for event in news if event.type == "contact.erased"} == ids
    assert {(data.erasure_id, data.version, data.ids, data.keep_books) for data in erased.values()} == {
        (erased[ACCOUNT].erasure_id, 1, len(ids), False)
    }
    last = max(event.data.version for event in earlier if event.type == "contact.updated")
    assert erased[ACCOUNT].profile_version == last
    assert NAME not in repr(news)
    assert OLD_MAIL not in repr(news)


SETTINGS_OF_ANOTHER: dict[str, Any] = {
    "name": "Bahar",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa-IR",
    "phone_region": "IR",
    "sender_email": "shop@bahar.example",
}


async def test_what_was_accepted_out_of_quarantine_goes_with_its_original(ingest, erase, places):
    """Whom the original names, only its repair has shown."""
    body = {**paid("o-1", {"reference": ACCOUNT}, 1), "note": NOTE}
    assert await ingest.results(body) == [("quarantined", "missing_customer")]
    (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    repaired = {**body, "customer": {"id": ACCOUNT}}
    answer = await ingest.ask("POST", f"/v1/quarantine/{entry['id']}/release", json=repaired)
    assert answer.status_code == 200, answer.text
    await erase(ACCOUNT)
    assert await places(NOTE) == set()
