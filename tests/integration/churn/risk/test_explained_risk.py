"""What explains a risk: reasons that add up, in the reader's language, an act that does what it says, and the past."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from builders.models import model_of
from builders.orders import paid, refund
from churn.models.rows import insert_model
from harness.churn_service import Churn
from harness.in_process import NOON
from mandegar.database import transaction

LATIN = re.compile("[A-Za-z0-9]")


async def read(churn: Churn, path: str, accepted: str = "", **query: str) -> Any:
    headers = {"Accept-Language": accepted} if accepted else {}
    answer = await churn.ask("GET", path, params=query or None, headers=headers)
    assert answer.status_code == 200
    return answer.json()


async def a_late_customer(churn: Churn) -> None:
    await churn.deliver(*(paid(f"o{number}", 100, days=-260 + 20 * number) for number in range(5)))
    await churn.pass_time()


@pytest.mark.parametrize("path", ["/v1/customers/c/risk", "/v1/customers/c"])
async def test_texts_are_in_the_language_that_is_asked_for_or_liked_best(churn, path):
    await a_late_customer(churn)
    english, asked = await read(churn, path), await read(churn, path, lang="fa")
    liked = await read(churn, path, "fa-IR,fa;q=0.9,en;q=0.8")
    overruled = await read(churn, path, "fa", lang="en")

    assert english == overruled
    assert asked == liked
    for answer in (english, asked):
        texts = [*(reason["text"] for reason in answer["reasons"]), answer["act"]["text"]]
        if answer["next_crossing"]:
            texts.append(answer["next_crossing"]["text"])
        assert len(texts) > 3
        assert all(bool(LATIN.search(text)) == (answer is english) for text in texts)
    without = [
        {**answer, "reasons": [{**reason, "text": None} for reason in answer["reasons"]], "act": None}
        | {"next_crossing": answer["next_crossing"] and {**answer["next_crossing"], "text": None}}
        for answer in (english, asked)
    ]
    assert without[0] == without[1]
    assert (await churn.get(path, lang="de")).status_code == 422


async def test_a_list_and_a_batch_speak_the_readers_language(churn):
    await a_late_customer(churn)
    band = (await churn.risk())["band"]
    listed = (await churn.get("/v1/customers", band=band, lang="fa")).json()["customers"]
    cards = (await read(churn, "/v1/customers:batch", "fa", id="c"))["customers"]

    assert listed[0]["reasons"] == cards[0]["reasons"]
    assert not LATIN.search(listed[0]["reasons"][0]["text"])


async def test_weights_add_up_to_the_rise_as_decimals(churn):
    await a_late_customer(churn)
    for weeks in range(0, 60, 7):
        answer = await churn.risk(at=(NOON + timedelta(weeks=weeks)).isoformat())
        assert sum(Decimal(repr(reason["weight"])) for reason in answer["reasons"]) == Decimal(repr(answer["rise"]))


async def test_the_act_does_what_it_says(churn):
    await a_late_customer(churn)
    before = await churn.risk()
    assert before["band"] != "healthy"
    await churn.deliver(paid("now", 100))
    after = await churn.risk()

    assert after["band"] == before["act"]["band"] == "healthy"
    assert after["risk"] == pytest.approx(before["act"]["risk"], abs=1e-12)
    assert after["act"] is None
    assert after["next_crossing"]["days"] == pytest.approx(before["act"]["healthy_days"], abs=1)


async def test_more_is_expected_of_who_orders_more_and_nothing_of_who_never_did(churn):
    await a_late_customer(churn)
    late = await churn.risk()
    await churn.deliver(paid("now", 100))
    fresh = await churn.risk()
    await churn.deliver(*(refund(name, 100) for name in ("o0", "o1", "o2", "o3", "o4", "now")))
    nobody = await churn.risk()

    for answer in (late, fresh):
        year = answer["expected"]["year"]
        assert 0 < answer["expected"]["purchases"] < year["purchases"]
        assert Decimal(year["low"]) <= Decimal(year["value"]) <= Decimal(year["high"])
        assert answer["confidence"]["level"] == "low"  # a shop of one customer
    assert late["expected"]["purchases"] < fresh["expected"]["purchases"]
    assert (nobody["expected"], nobody["act"], nobody["rise"], nobody["reasons"]) == (None, None, None, [])


async def test_the_past_is_told_by_the_version_of_then(churn):
    await a_late_customer(churn)
    yesterday, tomorrow = (NOON + timedelta(days=days) for days in (-1, 1))
    by_prior = await churn.risk(at=yesterday.isoformat())
    async with transaction(churn.context.worker) as connection:
        for version, days in ((7, 0.0), (8, 0.5)):
            model = model_of(version, 2.0, 3.0, 0.3, 4.0 + version)
            at = NOON + timedelta(days=days)
            await insert_model(connection, "s", model, fitted_at=at, through=yesterday.date(), quality={})
    churn.clock.advance(timedelta(days=2))

    assert await churn.risk(at=yesterday.isoformat()) == by_prior
    assert by_prior["model_version"] == 0
    versions = [
        (await churn.risk(at=(NOON + timedelta(days=days)).isoformat()))["model_version"] for days in (0, 0.4, 0.5, 1.9)
    ]
    assert versions == [7, 7, 8, 8]
    assert (await churn.risk(at=tomorrow.isoformat()))["risk"] != by_prior["risk"]


async def test_what_was_known_then_is_not_promised(churn):
    await a_late_customer(churn)

    assert (await churn.get("/v1/customers/c/risk", known_at=NOON.isoformat())).status_code == 422
