"""One history of a customer: what four services published of them, newest first, whatever order it came in."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from msgspec import structs

from builders.bands import crossed
from builders.contracts import trial
from builders.customers import viewed
from builders.erasures import erased
from builders.events import NOON, event
from builders.merges import merges
from builders.messages import decided
from builders.orders import cancelled, order, paid, refund
from builders.points import expiring, posted, tier_changed
from builders.shops import shop_updated
from harness.churn_service import Churn
from mandegar.events import Event
from mandegar.events.ingest import OrderMoved, ReviewSubmitted, SurveyResponded, TicketChanged
from mandegar.events.notify import ConsentChanged
from mandegar.events.registry import topic_of

TIMELINE = 2


async def deliver(churn: Churn, *events: Event) -> None:
    """One poll for each topic, in the order in which the topics come first."""
    topics = dict.fromkeys(topic_of(item.type) for item in events)
    for topic in topics:
        some = [item for item in events if topic_of(item.type) == topic]
        assert await churn.deliver(*some, topic=topic, subscription=TIMELINE) == []


async def timeline(churn: Churn, customer: str = "c", **query: Any) -> dict[str, Any]:
    answer = await churn.get(f"/v1/customers/{customer}/timeline", **query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def entries(churn: Churn, customer: str = "c", **query: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await timeline(churn, customer, **query))["entries"]
    return listed


def types(listed: list[dict[str, Any]]) -> list[str]:
    return [entry["type"] for entry in listed]


def ticket(kind: str, **more: Any) -> Event:
    return event(f"ticket.{kind}", TicketChanged(ticket_id="t-1", category="delivery"), name=f"ticket-{kind}", **more)


def survey(score: float, kind: Any = "nps", **more: Any) -> Event:
    return event("survey.responded", SurveyResponded(survey_id="s", kind=kind, score=score), **more)


def review(**more: Any) -> Event:
    return event("review.submitted", ReviewSubmitted(product_id="p", rating=4), name="review", **more)


def consent(status: Any, days: float) -> Event:
    at = NOON + timedelta(days=days)
    data = ConsentChanged(channel="sms", status=status, at=at, method="preferences")
    return event("consent.changed", data, name=f"consent-{days}", days=days)


STORY = (
    trial(days=-41, until=-20),
    paid("a", 12_500_000, days=-40),
    viewed("v1", days=-35),
    viewed("v2", days=-35, hours=2),
    ticket("opened", days=-30),
    ticket("closed", days=-29),
    survey(9, days=-28, name="nps"),
    review(days=-27),
    refund("a", 2_500_000, days=-26),
    posted(120, 1, name="posted", days=-25),
    expiring(500, in_days=10, name="expiring", days=-24),
    tier_changed(2, "silver", name="tier", days=-20),
    crossed("at_risk", name="crossed", hours=-15 * 24),
    decided(1, days=-14),
    decided(2, "withheld", "quiet_hours", days=-13),
    consent("withdrawn", -12),
)


async def test_a_history_has_what_all_services_published_newest_first(churn):
    await churn.deliver(shop_updated())
    await deliver(churn, *STORY)
    listed = await entries(churn)

    assert types(listed) == [
        "tier", "consent", "message", "message", "band", "points_expiring", "points", "refund", "review", "survey",
        "ticket", "visits", "order", "trial",
    ]  # fmt: skip
    assert {entry["kind"] for entry in listed} == {
        "orders", "visits", "reviews", "surveys", "tickets", "points", "risk", "messages", "contracts",
    }  # fmt: skip
    of = {entry["type"]: entry for entry in listed}
    assert of["order"]["fields"] == {
        "order_id": "a", "state": "partly_refunded", "currency": "IRR", "total": "12500000.00",
        "refunded": "2500000.00", "net": "10000000.00", "items": "0", "lines": 0, "first_items": [], "categories": {},
        "paid_at": of["order"]["at"],
    }  # fmt: skip
    assert of["ticket"]["fields"]["opened_at"] == of["ticket"]["at"]
    assert of["visits"]["fields"]["counts"] == {"product.viewed": 2}
    assert of["message"]["fields"]["state"] == "sent"


async def test_sentences_are_in_the_language_of_the_reader(churn):
    await deliver(churn, *STORY)
    english = {entry["type"]: entry for entry in await entries(churn)}
    persian = {entry["type"]: entry for entry in await entries(churn, lang="fa")}

    assert english["order"]["text"] == "Order partly refunded: 1,250,000 Toman, 250,000 Toman refunded"
    assert persian["order"]["text"] == "بخشی از مبلغ سفارش بازگردانده شد: ۱٬۲۵۰٬۰۰۰ تومان، بازگشتی ۲۵۰٬۰۰۰ تومان"
    assert english["order"]["day_text"] == "13 October 2026"
    assert persian["order"]["day_text"] == "۲۱ مهر ۱۴۰۵"
    assert english["points_expiring"]["text"] == "500 points expire on 2 December 2026"
    assert persian["tier"]["text"] == "سطح «نقره‌ای» شد؛ پیش از این «برنزی»"
    assert all(not any("a" <= letter <= "z" for letter in entry["text"].lower()) for entry in persian.values())


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_arrival_and_any_batches_give_one_history(churn, seed):
    random = Random(seed)
    story = [
        *STORY, order("placed", "b", 500, days=-9), cancelled("b", version=2, days=-8), refund("c", 5, days=-7),
        order("updated", "a", 13_000_000, version=3, days=-39, name="a-updated"), paid("c", 50, days=-10),
        decided(2, "sent", days=-5),
    ]  # fmt: skip
    await deliver(churn, *story)
    shuffled = [*story, *random.sample(story, 5)]
    random.shuffle(shuffled)
    while shuffled:
        size = random.randint(1, 4)
        await deliver(churn, *(of_customer("d", item) for item in shuffled[:size]))
        shuffled = shuffled[size:]

    assert facts(await entries(churn, "d")) == facts(await entries(churn))
    assert not await churn.invariant_violations()


async def test_kinds_instants_and_cursors_choose_among_the_entries(churn):
    await deliver(churn, *STORY)
    everything = await entries(churn)

    assert types(await entries(churn, kind="orders,tickets")) == ["refund", "ticket", "order"]
    assert await entries(churn, limit=3, **{"from": everything[5]["at"]}) == everything[:3]
    assert await entries(churn, **{"from": everything[5]["at"], "to": everything[2]["at"]}) == everything[3:6]
    paged, query = list[dict[str, Any]](), dict[str, Any]()
    while True:
        page = await timeline(churn, limit=4, **query)
        paged += page["entries"]
        if page["next_cursor"] is None:
            break
        query = {"cursor": page["next_cursor"]}
    assert paged == everything


async def test_what_cannot_be_chosen_is_told(churn):
    await deliver(churn, *STORY)
    for query in ({"kind": "orders,nothing"}, {"cursor": "x"}, {"limit": 0}, {"from": "2026-01-01T00:00:00"}):
        assert (await churn.get("/v1/customers/c/timeline", **query)).status_code == 422
    assert (await churn.get("/v1/customers/nobody/timeline")).status_code == 404


async def test_a_customers_own_token_sees_orders_points_and_messages_that_were_sent(churn):
    await deliver(churn, *STORY)
    answer = await churn.ask("GET", "/v1/customers/c/timeline", subject="c")

    assert types(answer.json()["entries"]) == [
        "tier", "consent", "message", "points_expiring", "points", "refund", "order", "trial",
    ]  # fmt: skip
    assert (await churn.ask("GET", "/v1/customers/c/timeline?kind=risk", subject="c")).json()["entries"] == []
    assert (await churn.ask("GET", "/v1/customers/c/timeline", subject="d")).status_code == 404


@pytest.mark.parametrize("merged_first", [True, False])
async def test_two_customers_who_are_one_have_one_history_under_the_same_ids(churn, merged_first):
    story = [
        *(of_customer(("alias", "root")[number % 2], item) for number, item in enumerate(STORY)),
        order("placed", "o", 100, customer="alias", days=-3, name="placed-by-guest"),
        order("paid", "o", 100, customer="root", days=-2, version=2, name="paid-by-root"),
    ]
    if merged_first:
        await churn.deliver(*merges("alias", "root"))
        await deliver(churn, *story)
    else:
        await deliver(churn, *story)
        before = {entry["id"] for customer in ("alias", "root") for entry in await entries(churn, customer)}
        await churn.deliver(*merges("alias", "root"))
        assert {entry["id"] for entry in await entries(churn, "root")} == before
    listed = await entries(churn, "root")

    assert [entry["fields"]["state"] for entry in listed if entry["fields"].get("order_id") == "o"] == ["paid"]
    assert len(listed) == 16
    assert await entries(churn, "alias") == listed
    assert not await churn.invariant_violations()


async def test_an_order_that_moved_to_another_customer_leaves_the_history_with_its_refunds(churn):
    moved = event("order.moved", OrderMoved(order_id="o", to="d"), name="moved", days=-1)
    await deliver(churn, paid("o", 100, days=-3), refund("o", 10, "r-1", days=-2), paid("p", 5, days=-9))
    await deliver(churn, moved, refund("o", 20, "r-2", days=0))

    assert [entry["fields"]["order_id"] for entry in await entries(churn)] == ["p"]


async def test_an_erased_customer_has_no_history(churn):
    await deliver(churn, *STORY)
    await churn.deliver(erased())

    assert (await churn.get("/v1/customers/c/timeline")).status_code == 404
    assert not await churn.database.worker.fetch("SELECT FROM timeline_entries")
    assert not await churn.invariant_violations()


async def test_a_history_keeps_the_newest_entries_and_costs_no_more_the_longer_it_was(churn):
    many = [paid(f"o-{number}", 10, days=-number / 100) for number in range(3_000)]
    for begin in range(0, len(many), 500):
        await deliver(churn, *many[begin : begin + 500])
    rows = await churn.database.worker.fetch("SELECT data->>'order_id' AS id FROM timeline_entries ORDER BY at DESC")

    assert 2_000 <= len(rows) <= 2_500
    assert [row["id"] for row in rows[:2_000]] == [f"o-{number}" for number in range(2_000)]
    assert not await churn.invariant_violations()


async def test_an_export_has_the_history(churn):
    await churn.deliver(paid("a", days=-40))
    await deliver(churn, *STORY, refund("unknown", 5))
    answer = await churn.ask("GET", "/v1/customers/c/export", "customers:export")
    assert answer.status_code == 200, answer.text
    assert '"order_id":"a"' in answer.text.replace(" ", "")


def of_customer(customer: str, item: Event) -> Event:
    """The event as one of another customer, under an id of its own."""
    return structs.replace(item, id=uuid5(NAMESPACE_OID, f"{customer}-{item.id}"), customer_id=customer)


def facts(listed: list[dict[str, Any]]) -> list[Any]:
    return [(entry["type"], entry["at"], entry["text"], entry["fields"]) for entry in listed]


async def test_a_score_is_not_taken_for_that_of_an_event_that_the_history_alone_has_heard_of(churn):
    order = paid("early")
    await deliver(churn, order)
    early = await churn.get("/v1/customers/c/risk", after=str(order.id), wait="0")
    await churn.deliver(order)
    then = await churn.get("/v1/customers/c/risk", after=str(order.id), wait="0")

    assert (early.status_code, early.json()["code"]) == (425, "not_applied_yet")
    assert (then.status_code, then.json()["band"]) == (200, "healthy")
