"""What customers, shops and mail programs ask of notify."""

import pytest

from harness.notify_service import NOON, contact, crossed, expiring, types
from mandegar.events import decode
from notify.contacts.unsubscribe_token import Leaving, token_for


def link(notify, channel="email", customer="c", shop="s"):
    return "/u/" + token_for(Leaving(shop, customer, channel), notify.settings.unsubscribe_secret)


async def consent_of(notify, channel="email"):
    answer = await notify.ask("GET", "/v1/customers/c/preferences")
    return answer.json()["channels"][channel]


async def test_messages_say_what_went_out_and_what_did_not_and_why(notify):
    await notify.deliver(contact(granted="email"), crossed(name="x"), expiring())
    await notify.send_out()
    withheld, sent = sorted(await notify.messages(), key=lambda message: message["channel"] == "email")

    assert {**sent, "message_id": "", "cause": "", "not_before": ""} == {
        "message_id": "",
        "journey": "at_risk_offer",
        "journey_version": 0,
        "channel": "email",
        "template": "at_risk_offer",
        "locale": "fa",
        "state": "sent",
        "reason": None,
        "cause": "",
        "triggered_at": "2026-11-22T07:30:00Z",
        "created_at": "2026-11-22T08:30:00Z",
        "not_before": "",
        "no_later_than": "2026-11-25T07:30:00Z",
        "attempts": 1,
        "attempted_at": "2026-11-22T08:30:00Z",
        "decided_at": "2026-11-22T08:30:00Z",
        "provider_ref": "ref",
    }
    assert sent["cause"]["type"] == "band.crossed"
    assert (withheld["state"], withheld["reason"]) == (
        "withheld",
        {"code": "no_consent", "rule": "the customer has not agreed to marketing on this channel"},
    )


async def test_messages_come_in_pages(notify):
    await notify.deliver(contact(), *(expiring(points) for points in range(1, 8)))
    seen, before = [], None
    while True:
        params = {"limit": 3, **({"before": before} if before else {})}
        page = (await notify.ask("GET", "/v1/customers/c/messages", params=params)).json()
        seen += [message["message_id"] for message in page["messages"]]
        before = page["next_before"]
        if before is None:
            break

    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("path", ["messages", "preferences"])
async def test_an_unknown_customer_is_a_404_problem(notify, path):
    answer = await notify.ask("GET", f"/v1/customers/nobody/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")


@pytest.mark.parametrize("path", ["messages", "preferences"])
async def test_one_shop_or_customer_never_sees_another(notify, path):
    await notify.deliver(contact(), contact(customer="d"), crossed())

    assert (await notify.ask("GET", f"/v1/customers/c/{path}", shop="other")).status_code == 404
    assert (await notify.ask("GET", f"/v1/customers/c/{path}", subject="d")).status_code == 404
    assert (await notify.ask("GET", f"/v1/customers/c/{path}", subject="c")).status_code == 200


async def test_no_answer_shows_an_address(notify):
    await notify.deliver(contact(), crossed(), expiring())
    await notify.send_out()
    for path in ("/v1/customers/c/messages", "/v1/customers/c/preferences", "/v1/messages/summary"):
        answer = await notify.ask("GET", path)

        assert answer.status_code == 200
        assert "example.test" not in answer.text
        assert "9121234567" not in answer.text


async def test_a_post_to_the_link_withdraws_consent_at_once_and_publishes_it(notify):
    await notify.deliver(contact(), crossed())
    answer = await notify.client.post(link(notify), data={"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert await consent_of(notify) == {
        "consent": "withdrawn",
        "since": "2026-11-22T08:30:00Z",
        "method": "one_click",
        "has_address": True,
    }
    [changed, withheld] = [*await notify.news(), *await notify.send_out()]
    assert (changed.type, changed.data.channel, changed.data.status) == ("consent.changed", "email", "withdrawn")
    assert types([withheld]) == [("message.withheld", "no_consent")]


@pytest.mark.parametrize("form", [{"files": {"List-Unsubscribe": (None, "One-Click")}}, {"content": b""}, {"json": {}}])
async def test_any_form_of_post_is_the_one_click(notify, form):
    await notify.deliver(contact())
    answer = await notify.client.post(link(notify), **form)

    assert answer.status_code == 200
    assert (await consent_of(notify))["consent"] == "withdrawn"


async def test_opening_the_link_changes_nothing(notify):
    await notify.deliver(contact())
    answer = await notify.client.get(link(notify))

    assert answer.status_code == 200
    assert '<form method="post">' in answer.text
    assert (await consent_of(notify))["consent"] == "granted"


async def test_an_unknown_link_gets_the_same_answer_as_a_good_one(notify):
    await notify.deliver(contact())
    answers = [
        await notify.client.post(path)
        for path in (link(notify), "/u/nonsense", link(notify, customer="nobody"), link(notify, shop="nowhere"))
    ]

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}


async def test_leaving_twice_is_one_change(notify):
    await notify.deliver(contact())
    await notify.client.post(link(notify))
    await notify.client.post(link(notify))

    assert types(await notify.news()) == [("consent.changed", None)]


async def test_one_channel_is_left_and_the_other_stays(notify):
    await notify.deliver(contact())
    await notify.client.post(link(notify, "sms"))

    assert (await consent_of(notify, "sms"))["consent"] == "withdrawn"
    assert (await consent_of(notify, "email"))["consent"] == "granted"


async def test_a_shop_that_repeats_an_older_consent_does_not_undo_the_customers_word(notify):
    await notify.deliver(contact(1))
    await notify.client.post(link(notify))
    await notify.deliver(contact(2, said_hours=-1), crossed())

    assert (await consent_of(notify))["consent"] == "withdrawn"

    await notify.deliver(contact(3, said_hours=5))
    assert (await consent_of(notify))["consent"] == "granted"


async def test_a_customer_changes_preferences_with_their_own_token(notify):
    await notify.deliver(contact(granted=""))
    answer = await notify.ask("PUT", "/v1/customers/c/preferences", subject="c", json={"channels": {"sms": "granted"}})

    assert answer.status_code == 200
    assert answer.json()["channels"]["sms"]["consent"] == "granted"
    assert answer.json()["channels"]["email"]["consent"] == "unknown"
    assert types(await notify.news()) == [("consent.changed", None)]


@pytest.mark.parametrize(
    ("scope", "subject", "body", "status"),
    [
        ("customers:read", None, {"channels": {"sms": "granted"}}, 403),
        ("customers:read ops", None, {"channels": {"sms": "granted"}}, 200),
        ("customers:read", "d", {"channels": {"sms": "granted"}}, 404),
        ("customers:read", "c", {"channels": {}}, 422),
        ("customers:read", "c", {"channels": {"fax": "granted"}}, 422),
        ("customers:read", "c", {"channels": {"sms": "unknown"}}, 422),
    ],
)
async def test_preferences_are_changed_by_the_right_people_in_the_right_form(notify, scope, subject, body, status):
    await notify.deliver(contact())
    answer = await notify.ask("PUT", "/v1/customers/c/preferences", scope, subject=subject, json=body)

    assert answer.status_code == status


async def test_the_summary_counts_by_journey_and_reason(notify):
    await notify.deliver(
        contact(customer="a"), crossed(customer="a"), contact(customer="b", granted=""), crossed(customer="b")
    )
    await notify.send_out()
    answer = await notify.ask("GET", "/v1/messages/summary", "ops")

    assert answer.json()["total"] == 2
    assert [(c["state"], c["reason"], c["messages"]) for c in answer.json()["counts"]] == [
        ("sent", None, 1),
        ("withheld", "no_consent", 1),
    ]
    assert (await notify.ask("GET", "/v1/messages/summary", "journeys:write")).status_code == 403
    assert (await notify.ask("GET", "/v1/messages/summary", subject="a")).status_code == 403
    assert (await notify.ask("GET", "/v1/messages/summary", "ops", shop="other")).json()["total"] == 0


@pytest.mark.parametrize("locale", ["fa", "en"])
async def test_a_journey_is_previewed_without_a_customer(notify, locale):
    mail = await notify.ask("POST", f"/v1/journeys/at_risk_offer/preview?locale={locale}", "journeys:write")
    sms = await notify.ask("POST", f"/v1/journeys/points_expiring/preview?locale={locale}", "journeys:write")

    assert (mail.status_code, mail.json()["locale"], mail.json()["sms"]) == (200, locale, None)
    assert mail.json()["html"].startswith("<!doctype html>")
    assert sms.json()["sms"]["parts"] in (1, 2)
    assert notify.mail.given == []


async def test_a_journey_is_previewed_as_one_customer_would_get_it(notify):
    await notify.deliver(contact(name="زهرا"))
    answer = await notify.ask("POST", "/v1/journeys/points_expiring/preview?customer_id=c", "journeys:write")

    assert answer.json()["sms"]["text"].startswith("زهرا عزیز")


@pytest.mark.parametrize(
    ("path", "scope", "status", "code"),
    [
        ("nothing/preview", "journeys:write", 404, "unknown_journey"),
        ("at_risk_offer/preview", "customers:read", 403, "forbidden"),
        ("at_risk_offer/preview?customer_id=nobody", "journeys:write", 404, "unknown_customer"),
        ("at_risk_offer/preview?customer_id=null", "journeys:write", 404, "unknown_customer"),
        ("at_risk_offer/preview?locale=de", "journeys:write", 422, "invalid"),
    ],
)
async def test_a_preview_that_cannot_be_made_says_why(notify, path, scope, status, code):
    answer = await notify.ask("POST", f"/v1/journeys/{path}", scope)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_change_of_consent_is_written_by_the_role_that_sees_one_shop(notify):
    await notify.deliver(contact())
    await notify.client.post(link(notify))
    row = await notify.database.worker.fetchrow("SELECT topic, value FROM outbox")

    assert row["topic"] == "notify.events"
    assert decode(row["value"]).time == NOON
