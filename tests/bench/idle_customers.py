"""Rows of customers as services leave them who bought once and then nothing happened: due in months, or never."""

import asyncpg

from harness.databases import ServiceDatabase

_SHOP = """
    INSERT INTO shops (shop, version, name, zone, currency, locale, phone_region, sender_email, sms_sender)
    VALUES ('bench', 1, 'Bench', 'Asia/Tehran', 'IRR', 'fa-IR', 'IR', 'shop@example.test', '1000')
"""
# Fitted through tomorrow, so that no fit is due while we look.
_MODEL = """
    INSERT INTO models (shop, version, fitted_at, through_day, horizon_days, drops, parameters, quality)
    VALUES ('bench', 1, now(), current_date + 1, 56, '{0.5,0.25,0.1}', '{}', '{}')
"""
_CUSTOMERS = {
    "loyalty": """
        INSERT INTO customers (shop, customer_id, partition, due_at, settled_at, version)
        SELECT 'bench', 'c-' || n, n % 12, CASE WHEN n % 10 > 0 THEN now() + interval '300 days' END, now(), 1
        FROM generate_series(1, $1::int) AS n
    """,
    "churn": """
        INSERT INTO customers (shop, customer_id, partition, due_at, model_version, zone, version, x, band, band_since)
        SELECT 'bench', 'c-' || n, n % 12, CASE WHEN n % 10 > 0 THEN now() + interval '300 days' END,
               1, 'Asia/Tehran', 1, 0, 'healthy', now()
        FROM generate_series(1, $1::int) AS n
    """,
}


async def insert(database: ServiceDatabase, count: int) -> None:
    """Put so many customers of one shop into a service's database."""
    worker = await asyncpg.connect(database.worker_url)
    await worker.execute(_SHOP)
    if database.service == "churn":
        await worker.execute(_MODEL)
    await worker.execute(_CUSTOMERS[database.service], count)
    await worker.close()
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("VACUUM ANALYZE customers")
    await owner.close()
