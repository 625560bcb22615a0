"""What a shop or a customer reads of messages."""

from builders.bands import crossed
from builders.customers import contact
from builders.points import expiring


async def test_messages_say_what_went_out_and_what_did_not_and_why(notify):
    await notify.deliver(contact(granted="email"), crossed(name="x"), expiring())
    await notify.send_out()
    withheld, sent = sorted(await notify.messages(), key=lambda message: message["channel"] == "email")

    assert {**sent, "message_id": "", "cause": "", "not_before": ""} == {
        "message_id": "",
        "journey": "at_risk_offer",
        "journey_version": 0,
        "channel": "email",
        "marketing": True,
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
        "started_as": None,
    }
    assert sent["cause"]["type"] == "band.crossed"
    assert (withheld["state"], withheld["reason"]) == (
        "withheld",
        {"code": "no_consent", "rule": "the customer has not agreed to marketing on this channel"},
    )


async def test_a_customers_own_token_is_told_of_what_was_sent_alone(notify):
    await notify.deliver(contact(granted="email"), crossed(name="x"), expiring())
    await notify.send_out()
    own = (await notify.ask("GET", "/v1/customers/c/messages", subject="c")).json()

    assert [(message["channel"], message["state"]) for message in own["messages"]] == [("email", "sent")]
    assert len(await notify.messages()) == 2


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


async def test_the_summary_tells_when_the_first_waiting_message_is_due(notify):
    await notify.deliver(contact(), crossed())
    [message] = (await notify.ask("GET", "/v1/customers/c/messages")).json()["messages"]
    [waiting] = (await notify.ask("GET", "/v1/messages/summary", "ops")).json()["counts"]
    await notify.send_out()
    [sent] = (await notify.ask("GET", "/v1/messages/summary", "ops")).json()["counts"]

    assert (waiting["state"], waiting["next_at"]) == ("ready", message["not_before"])
    assert (sent["state"], sent["next_at"]) == ("sent", None)


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
