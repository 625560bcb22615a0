"""Messages as churn keeps them: their latest state, under the root, gone with an erasure, told by the versions."""

from datetime import timedelta
from itertools import permutations

from builders.erasures import erased
from builders.merges import merges
from builders.messages import decided
from builders.orders import paid
from churn.models.fit_shop import fit_shop
from churn.treatments.apply import DAYS_KEPT
from harness.churn_service import Churn
from mandegar.database import transaction
from mandegar.events import Event


async def hear(churn: Churn, *events: Event) -> None:
    await churn.deliver_card(*events, topic="notify.events")


async def kinds(churn: Churn) -> list[tuple[str, str]]:
    rows = await churn.database.worker.fetch("SELECT customer_id, kind FROM treatments ORDER BY at, message_id")
    return [(row["customer_id"], row["kind"]) for row in rows]


async def test_of_a_message_the_latest_state_stands_in_any_order_and_repeated(churn):
    states = [decided(1, "unknown", "timeout"), decided(1, "refused", "rejected", days=1), decided(1, "sent", days=2)]
    for number, order in enumerate(permutations(states)):
        await churn.database.worker.execute("DELETE FROM treatments")
        await churn.database.worker.execute("DELETE FROM inbox")
        for event in (*order, *order[::-1])[number % 2 :]:
            await hear(churn, event)
        assert await kinds(churn) == [("c", "treated")]


async def test_a_holdout_is_told_from_what_consent_or_hours_kept_back(churn):
    await hear(
        churn,
        decided(1, "withheld", "holdout"),
        decided(2, "withheld", "no_consent", days=1),
        decided(3, "refused", "rejected", days=2),
        decided(4, days=3),
    )
    assert await kinds(churn) == [("c", "withheld"), ("c", "neither"), ("c", "treated")]


async def test_messages_follow_a_merge_stand_in_the_export_and_go_with_the_erasure(churn):
    await churn.deliver(paid(customer="c"), paid("o2", customer="g_a"))
    await hear(churn, decided(1, customer="g_a"), decided(2, customer="c", days=1))
    await churn.deliver(*merges("g_a", "c"))
    await hear(churn, decided(3, customer="g_a", days=2))
    assert await kinds(churn) == [("c", "treated")] * 3
    export = (await churn.ask("GET", "/v1/customers/c/export", "customers:export")).text
    assert export.count('"kind":"treated"') == 3

    await churn.deliver(erased("g_a"), erased("c"))
    await hear(churn, decided(4, customer="c", days=3))
    assert await kinds(churn) == []


async def test_versions_tell_how_many_of_their_customers_got_messages(churn):
    for customer in ("a", "b", "c"):
        await churn.deliver(*(paid(f"{customer}-{days}", customer=customer, days=-days) for days in (300, 250, 200, 4)))
    await hear(churn, decided(1, customer="a", days=-100), decided(2, "withheld", "holdout", days=-100, customer="b"))
    await fit_shop(churn.context, "s", churn.clock.now())
    english = (await churn.get("/v1/models", lang="en")).json()["models"][0]
    persian = (await churn.get("/v1/models", lang="fa")).json()["models"][0]

    assert (english["treated"], english["withheld"]) == (1, 1)
    assert any("without a holdout" in text for text in english["texts"])
    assert any("گروه شاهد" in text for text in persian["texts"])


async def test_what_no_fit_looks_back_to_is_deleted(churn):
    await hear(churn, decided(1), decided(2, days=2))
    [expiry] = [each for each in churn.service.expiries if each.what == "treatments"]
    for days, deleted in ((0, 0), (1, 1), (1, 0)):
        async with transaction(churn.database.worker) as connection:
            now = churn.clock.now() + timedelta(days=DAYS_KEPT + days)
            assert await expiry.delete(connection, now, churn.context.settings) == deleted
