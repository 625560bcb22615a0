"""Quarantine and history over HTTP: look, repair, release; never another shop's."""

import json

import pytest

from builders.bodies import order_body


async def kept(ingest, **query):
    return (await ingest.ask("GET", "/v1/quarantine", params=query)).json()["quarantine"]


async def test_what_is_quarantined_can_be_looked_at_as_it_came(ingest):
    body = json.dumps(order_body({"total": "-5"})).encode()
    await ingest.send(body)
    await ingest.send(body)
    (item,) = await kept(ingest)
    one = (await ingest.ask("GET", f"/v1/quarantine/{item['id']}")).json()

    assert (item["code"], item["state"], item["native_id"]) == ("bad_amount", "open", "o-1001-paid")
    assert one["body"] == body.decode()


async def test_a_repaired_event_goes_through_the_hallway_once(ingest):
    await ingest.send(order_body({"total": "-5"}))
    (item,) = await kept(ingest)
    path = f"/v1/quarantine/{item['id']}/release"
    still_wrong = await ingest.ask("POST", path)
    released = await ingest.ask("POST", path, json=order_body({"total": "5"}))
    again = await ingest.ask("POST", path, json=order_body({"total": "5"}))

    assert (still_wrong.status_code, still_wrong.json()["code"]) == (422, "bad_amount")
    assert released.json()["status"] == "accepted"
    assert again.status_code == 409
    assert await kept(ingest) == []
    assert [one["id"] for one in await kept(ingest, state="released")] == [item["id"]]
    assert len(await ingest.news()) == 1


async def test_a_conflict_is_not_released_over_the_first_event(ingest):
    await ingest.send(order_body())
    await ingest.send(order_body({"total": "1"}))
    (item,) = await kept(ingest)
    answer = await ingest.ask("POST", f"/v1/quarantine/{item['id']}/release")

    assert (answer.status_code, answer.json()["code"]) == (422, "id_conflict")
    assert len(await kept(ingest)) == 1
    assert (await ingest.ask("POST", f"/v1/quarantine/{item['id']}/drop")).json()["state"] == "dropped"
    assert await kept(ingest) == []


async def test_listings_go_on_where_they_ended(ingest):
    await ingest.send([order_body({"total": f"-{number}"}, id=f"q-{number}") for number in range(1, 6)])
    await ingest.send([order_body({"order_id": f"o-{number}"}, id=f"e-{number}") for number in range(5)])
    for path, field in (("/v1/quarantine", "quarantine"), ("/v1/customers/c-42/events", "events")):
        seen, before = [], None
        while True:
            query = {"limit": 2, **({"before": before} if before else {})}
            page = (await ingest.ask("GET", path, params=query)).json()
            seen += [str(item) for item in page[field]]
            before = page["next_before"]
            if before is None:
                break
        assert len(seen) == len(set(seen)) == 5


async def test_a_cursor_that_is_none_is_refused(ingest):
    for wrong in ("yesterday", "2026-01-01T00:00:00Z~x", "0001-01-01T00:00:00+14:00"):
        answer = await ingest.ask("GET", "/v1/quarantine", params={"before": wrong})
        assert answer.status_code == 422


async def test_nobody_sees_another_shop(ingest):
    await ingest.send([order_body(), order_body({"total": -1}, id="bad")])
    (item,) = await kept(ingest)
    others = [
        ("GET", "/v1/customers/c-42/events"),
        ("GET", f"/v1/quarantine/{item['id']}"),
        ("POST", f"/v1/quarantine/{item['id']}/release"),
        ("POST", f"/v1/quarantine/{item['id']}/drop"),
        ("POST", f"/v1/sources/{ingest.source_id}/keys"),
        ("POST", f"/v1/sources/{ingest.source_id}/close"),
    ]
    for method, path in others:
        assert (await ingest.ask(method, path, shop="other")).status_code == 404
    assert (await ingest.ask("GET", "/v1/quarantine", shop="other")).json()["quarantine"] == []
    assert (await ingest.ask("GET", "/v1/sources", shop="other")).json()["sources"] == []


async def test_histories_take_any_form_of_an_id_and_unknown_customers_are_404(ingest):
    await ingest.send(order_body(customer={"email": "sara@example.com"}))
    found = await ingest.ask("GET", "/v1/customers/Sara@example.com/events")

    assert found.json()["customer_id"].startswith("g_")
    assert len(found.json()["events"]) == 1
    assert (await ingest.ask("GET", "/v1/customers/nobody-we-know/events")).status_code == 404
    assert (await ingest.ask("GET", "/v1/customers/x/events", scope="ops")).status_code == 403


@pytest.mark.parametrize(
    ("scope", "subject", "shown"),
    [
        ("customers:read events:raw", None, True),
        ("customers:read", None, False),
        ("customers:read events:raw", "c-42", False),
    ],
)
async def test_bodies_of_a_history_need_a_scope_that_no_customers_token_uses(ingest, scope, subject, shown):
    sent = order_body(customer={"id": "c-42", "email": "sara@example.com"})
    await ingest.send(sent)
    answer = await ingest.ask("GET", "/v1/customers/c-42/events", scope, subject=subject)

    (past,) = answer.json()["events"]
    assert (past["id"], past["body"]) == (sent["id"], sent if shown else None)
    assert ("sara@example.com" in answer.text) == shown
