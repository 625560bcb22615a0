"""What customers said to notify itself: read from its topic, and told to shops that still send an older flag."""

from uuid import uuid4

import pytest

from builders.bodies import order_body
from harness.ingest_service import NOON, SHOP
from mandegar.events import CustomerKey, Event
from mandegar.events.identity import address_id
from mandegar.events.notify import ConsentChanged

X = "x@example.test"


def said(ingest, customer="c-42", *, status="withdrawn", address=X, hour=9, channel="email"):
    """A word to notify itself, by one-click."""
    pseudonym = address and address_id(address, shop=SHOP, key=ingest.context.identity_key)
    at = NOON.replace(hour=hour)
    data = ConsentChanged(channel=channel, status=status, at=at, method="one_click", address_id=pseudonym)
    return Event(
        id=uuid4(), source="n", type="consent.changed", time=at, shop=SHOP, recorded_time=at, data=data,
        customer_id=customer,
    )  # fmt: skip


def order(number, customer="c-42", consent=True, **more):
    block = {"id": customer, "email": X, "consent": {"email": consent}, **more}
    return order_body({"order_id": f"o-{number}", "total": "5"}, id=f"e-{number}", customer=block)


async def notes(ingest, *events):
    answer = await ingest.send(list(events))
    return [(result["code"], result["detail"]) for result in answer.json()["results"]]


async def test_a_flag_that_is_not_believed_is_answered_with_the_day_of_the_withdrawal(ingest):
    await ingest.deliver(said(ingest))
    [(code, detail)] = await notes(ingest, order(1))

    assert code == "consent_kept"
    assert "consent.email" in detail
    assert "2026-11-22" in detail
    assert "one_click" in detail
    assert "@" not in detail


async def test_the_withdrawal_holds_for_every_id_with_the_address_in_any_spelling(ingest):
    await ingest.deliver(said(ingest, "another"))

    assert [code for code, _ in await notes(ingest, order(1), order(2, "b", email=" X@Example.TEST "))] == [
        "consent_kept",
        "consent_kept",
    ]


@pytest.mark.parametrize(
    "consent",
    [
        {"status": "granted", "at": "2026-11-22T11:00:00Z"},
        False,
        None,
    ],
)
async def test_a_later_dated_consent_and_a_withdrawal_are_not_noted(ingest, consent):
    await ingest.deliver(said(ingest))
    event = order(1, consent=consent) if consent is not None else order_body(customer={"id": "c-42", "email": X})

    assert await notes(ingest, event) == [(None, None)]


async def test_a_flag_after_a_later_dated_consent_is_believed(ingest):
    await ingest.deliver(said(ingest))
    dated = {"status": "granted", "at": "2026-11-22T11:00:00Z"}

    assert [code for code, _ in await notes(ingest, order(1, consent=dated), order(2))] == [None, None]


async def test_a_dated_withdrawal_of_the_shops_own_is_noted_too(ingest):
    gone = {"status": "withdrawn", "at": "2026-11-21T11:00:00Z", "method": "sms_stop"}
    [_, (code, detail)] = await notes(ingest, order(1, consent=gone), order(2))

    assert code == "consent_kept"
    assert "2026-11-21 (sms_stop)" in detail


async def test_the_latest_word_counts_in_any_order_and_nothing_is_published(ingest):
    words = [said(ingest, hour=9), said(ingest, hour=11, status="granted"), said(ingest, hour=10)]
    for word in (words[1], words[0], words[2]):
        assert await ingest.deliver(word) == []

    assert await notes(ingest, order(1)) == [(None, None)]
    rows = await ingest.database.worker.fetch("SELECT subject, status FROM own_consents ORDER BY 1")
    assert [row["status"] for row in rows] == ["granted", "granted"]


async def test_events_without_such_flags_cost_no_query(ingest, monkeypatch):
    async def never(*_):
        raise AssertionError("queried")

    monkeypatch.setattr("ingest.hallway.own_consents.load_words", never)

    assert await notes(ingest, order(1, consent=False), order_body(customer={"id": "c-1", "email": X})) == [
        (None, None),
        (None, None),
    ]
    assert CustomerKey(SHOP, "c-42")


@pytest.mark.parametrize("word_first", [True, False])
async def test_what_an_alias_said_is_said_by_the_customer(ingest, word_first):
    word = said(ingest, "c-2", address=None)
    for id_ in ("c-1", "c-2"):
        await notes(ingest, order_body(id=id_, customer={"id": id_}))
    if word_first:
        await ingest.deliver(word)
    merged = await ingest.ask("POST", "/v1/customers/c-1/merge", "customers:merge", json={"alias": "c-2"})
    assert merged.status_code == 200, merged.text
    if not word_first:
        await ingest.deliver(word)

    ((code, _),) = await notes(ingest, order(3, "c-1"))
    assert code == "consent_kept"
