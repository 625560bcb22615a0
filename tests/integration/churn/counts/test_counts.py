"""Counts of bands and of the customers to estimate by follow whatever writes a customer's row."""

import pytest

from builders.erasures import erased
from builders.merges import merges
from builders.orders import cancelled, paid
from churn.counts.add_up import add_some_up
from churn.segments import routes
from harness.churn_service import Churn
from mandegar.database import transaction

pytestmark = pytest.mark.integration


async def counted(churn: Churn) -> dict[str, int]:
    """Customers by band, as counted and as listed."""
    counts: dict[str, int] = (await churn.get("/v1/bands")).json()["bands"]
    for band, customers in counts.items():
        assert len((await churn.get("/v1/customers", band=band, limit=200)).json()["customers"]) == customers
    return counts


async def test_bands_are_counted_before_and_after_they_are_added_up(churn):
    await churn.deliver(*(paid(f"o{n}", customer=f"c{n}", days=-60 * n) for n in range(6)), paid("g", customer="g_1"))
    await churn.deliver(paid("e", customer="evil", shop="evil"))
    await churn.deliver(*merges("g_1", "c0", 1), erased("c1", 1), cancelled("o5", customer="c5", version=2))
    assert sum((await counted(churn)).values()) == 4

    assert not await add_some_up(churn.context)
    await churn.deliver(paid("again", customer="c4"), paid("new", customer="c6"))
    assert sum((await counted(churn)).values()) == 5
    assert await churn.invariant_violations() == []


async def test_a_large_shop_is_estimated_by_the_customers_with_the_lowest_hashes(churn, monkeypatch):
    monkeypatch.setattr(routes, "SAMPLE_MAX", 5)
    async with transaction(churn.database.worker) as connection:
        for shop in ("s", "evil"):
            await connection.execute(
                """
                INSERT INTO customers (shop, customer_id, partition, interactions)
                SELECT $1, 'c' || n, 0, n % 2 FROM generate_series(1, 600) n
                """,
                shop,
            )
        lowest = await connection.fetch(
            """
            SELECT interactions FROM customers WHERE shop = 's' AND hashtextextended(customer_id, 0) & 31 = 0
            ORDER BY hashtextextended(customer_id, 0) LIMIT 5
            """
        )
    answer = await churn.ask(
        "POST", "/v1/segments/estimate", "journeys:write", content="version: 1\ncustomers: {visits: {at_least: 1}}\n"
    )
    estimate = answer.json()

    assert (estimate["of"], estimate["sampled"]) == (600, 5)
    assert estimate["customers"] == round(sum(row["interactions"] for row in lowest) / 5 * 600)
