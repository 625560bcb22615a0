"""The tag of a card: who sends it back is told when nothing has changed, and never when something has."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from builders.customers import viewed
from builders.merges import merges
from builders.messages import decided
from builders.orders import cancelled, paid, refund
from builders.points import posted, tier_changed
from builders.shops import shop_updated
from harness.churn_service import Churn
from harness.glancing import answered, bought, consent, tell, ticket
from harness.segmenting import brought_over

PATH = "/v1/customers/c"
Change = Callable[[Churn], Awaitable[Any]]


async def ask(churn: Churn, tag: str | None = None, **query: Any) -> Any:
    return await churn.ask("GET", PATH, headers={} if tag is None else {"If-None-Match": tag}, params=query or None)


async def known(churn: Churn) -> str:
    """The tag of a card that has every part."""
    await churn.deliver(paid("a", 50, days=-60), paid("b", 70, days=-30), viewed("v", days=-2))
    await churn.deliver_card(posted(100, 1, tier="bronze"), topic="loyalty.events")
    await churn.deliver_card(decided(1), topic="notify.events")
    tag: str = (await ask(churn)).headers["etag"]
    return tag


@pytest.mark.parametrize("query", [{}, {"wait": 0}], ids=["plain", "by-the-framework"])
async def test_who_has_the_card_is_told_that_nothing_changed(churn, query):
    tag = await known(churn)
    answer = await ask(churn, tag, **query)

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert (await ask(churn, '"another"', **query)).status_code == 200
    assert (await ask(churn, f'"another", {tag}', **query)).status_code == 304


CHANGES: dict[str, Change] = {
    "an order": lambda churn: churn.deliver(paid("n", 10, days=-1)),
    "an older order": lambda churn: churn.deliver(paid("n", 10, days=-90)),
    "a refund": lambda churn: churn.deliver(refund("b", 5)),
    "a cancellation": lambda churn: churn.deliver(cancelled("a", version=2, days=-1)),
    "a visit": lambda churn: churn.deliver(viewed("w", days=-40)),
    "points": lambda churn: churn.deliver_card(posted(101, 2, tier="bronze"), topic="loyalty.events"),
    "points that are the same": lambda churn: churn.deliver_card(posted(100, 2, tier="bronze"), topic="loyalty.events"),
    "a tier": lambda churn: churn.deliver_card(tier_changed(2, "silver"), topic="loyalty.events"),
    "a message": lambda churn: churn.deliver_card(decided(2), topic="notify.events"),
    "what became of a message": lambda churn: churn.deliver_card(decided(1, "unknown", days=1), topic="notify.events"),
    "what was in the last order": lambda churn: tell(churn, bought("n", -1, shoes=1)),
    "a ticket": lambda churn: tell(churn, ticket("t-1", "opened", -50)),
    "an answer": lambda churn: tell(churn, answered("nps", 9, -50)),
    "a consent": lambda churn: tell(churn, consent("sms", "granted", -50)),
    "an id": lambda churn: churn.deliver(*merges("alias", "c")),
    "segments": brought_over,
    "the shop's currency": lambda churn: churn.deliver(shop_updated(version=2, currency="EUR")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_each_part_of_a_card_changes_its_tag(churn, change):
    tag = await known(churn)
    await change(churn)
    answer = await ask(churn, tag)

    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


async def test_what_a_history_is_told_again_changes_no_tag(churn):
    story = (
        bought("n", -1, shoes=1),
        ticket("t-1", "opened", -50),
        answered("nps", 9, -50),
        consent("sms", "granted", -50),
    )
    await tell(churn, *story)
    tag = await known(churn)
    await tell(churn, *story)

    assert (await ask(churn, tag)).status_code == 304


async def test_what_a_customers_own_token_does_not_see_changes_no_tag_of_theirs(churn):
    await known(churn)
    own = await churn.ask("GET", PATH, subject="c")
    await churn.deliver_card(decided(2, "withheld", "quiet_hours", days=1), topic="notify.events")
    await brought_over(churn)

    again = await churn.ask("GET", PATH, subject="c", headers={"If-None-Match": own.headers["etag"]})
    assert again.status_code == 304
    assert (await ask(churn)).headers["etag"] != own.headers["etag"]


async def test_a_tag_of_another_shop_is_not_believed(churn):
    tag = await known(churn)
    await churn.deliver(shop_updated(shop="other", version=3), paid("z", 50, days=-60, shop="other"))
    mine = (await churn.get(PATH, shop="other")).headers["etag"]

    assert mine != tag
    assert (await churn.ask("GET", PATH, shop="other", headers={"If-None-Match": tag})).status_code == 200


async def test_time_alone_changes_the_tag_as_exactly_as_it_says(churn):
    await known(churn)
    held = await ask(churn)
    unchanged = changed = 0
    for _ in range(150):
        churn.clock.advance(timedelta(minutes=37))
        answer, now = await ask(churn, held.headers["etag"]), (await ask(churn)).json()
        if answer.status_code == 200:
            held, changed = answer, changed + 1
            continue
        unchanged, before = unchanged + 1, held.json()
        assert abs(now.pop("risk") - before.pop("risk")) < 0.001
        assert abs(now.pop("rise") - before.pop("rise")) < 0.01
        expected = [card.pop("expected") for card in (before, now)]
        for then, later in zip(*([each, each["year"]] for each in expected), strict=True):
            assert abs(then["purchases"] - later["purchases"]) < 0.011  # of figures with four decimals
        for then, later in zip(before["reasons"], now["reasons"], strict=True):
            assert abs(then.pop("weight") - later.pop("weight")) < 0.01
        for card in (before, now):
            del card["as_of"], card["freshness"]["risk"]["as_of"]
        assert now == before
    assert unchanged > 20
    assert changed > 20
