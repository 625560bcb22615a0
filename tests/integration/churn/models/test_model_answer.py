"""What is told of a shop's versions: how much each has learned, and what came of its predictions."""

import re
from datetime import timedelta

import pytest

from builders.orders import paid
from churn.models.fit_shop import fit_shop
from harness.churn_service import Churn
from harness.in_process import SHOP
from mandegar.database import transaction

LATIN = re.compile("[A-Za-z0-9]")


async def fit(churn: Churn) -> int:
    return await fit_shop(churn.context, SHOP, churn.clock.now())


async def a_shop_of_a_quarter(churn: Churn) -> None:
    """Sixty customers who order every other week; half of them stay away after the first version."""
    orders = [
        paid(f"o{customer}-{number}", 50, days=-100 + 14 * number + customer / 10, customer=f"c{customer:02}")
        for customer in range(60)
        for number in range(7)
    ]
    await churn.deliver(*orders)
    await fit(churn)
    churn.clock.advance(timedelta(days=75))
    later = [
        paid(f"l{customer}-{number}", 50, days=1 + 14 * number, customer=f"c{customer:02}")
        for customer in range(30)
        for number in range(5)
    ]
    await churn.deliver(*later)


async def test_a_shop_without_a_version_is_told_so(churn):
    answer = (await churn.get("/v1/models")).json()

    assert (answer["models"], answer["weeks"], answer["next_before"]) == ([], [], None)
    assert answer["drift"]["drift"] == "unknown"


async def test_predictions_are_held_against_what_customers_did(churn):
    await a_shop_of_a_quarter(churn)
    newest = await fit(churn)
    answer = (await churn.get("/v1/models")).json()
    versions = {version["version"]: version for version in answer["models"]}
    first = versions[1]

    assert newest == 2
    assert (first["customers"], first["purchases"]) == (60, 420)
    assert 0 < first["learned"] < versions[2]["learned"] < 1
    assert 2 <= len(answer["weeks"]) == first["weeks"] <= 3  # as the days of the week fall
    assert all(week["version"] == 1 and week["customers"] == 60 for week in answer["weeks"])
    assert first["calibration"]["bought"] == pytest.approx(0.5)
    assert first["calibration"]["predicted"] > 0.8
    assert sum(band["customers"] for band in first["bands"].values()) == first["calibration"]["customers"]
    assert versions[2]["calibration"] is None


async def test_a_week_is_counted_once(churn):
    await a_shop_of_a_quarter(churn)
    await fit(churn)
    before = (await churn.get("/v1/models")).json()["weeks"]
    await fit(churn)
    async with transaction(churn.context.worker) as connection:
        assert await connection.fetchval("SELECT count(*) FROM calibrations") == len(before)

    assert (await churn.get("/v1/models")).json()["weeks"] == before


async def test_texts_are_in_the_readers_language_and_versions_come_in_pages(churn):
    await a_shop_of_a_quarter(churn)
    await fit(churn)
    persian = (await churn.get("/v1/models", lang="fa", limit=1)).json()
    rest = (await churn.get("/v1/models", before=persian["next_before"], limit=1)).json()

    texts = [*persian["models"][0]["texts"], persian["drift"]["text"]]
    assert len(texts) >= 3
    assert not any(LATIN.search(text) for text in texts)
    assert [version["version"] for version in (*persian["models"], *rest["models"])] == [2, 1]


async def test_versions_are_those_of_the_tokens_shop(churn):
    await a_shop_of_a_quarter(churn)

    assert (await churn.get("/v1/models", shop="t")).json()["models"] == []
    assert (await churn.ask("GET", "/v1/models", subject="c01")).status_code == 403
