"""Service commands as processes, and what a service's tables hold, so that two databases can be compared."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from harness.databases import ServiceDatabase
from harness.processes import Process

# What is compared of each service, in words of SQL; left out is what says when a row was written.
STATE: Mapping[str, Mapping[str, str]] = {
    "loyalty": {
        "customers": """
            SELECT shop, customer_id, available, pending, held, debt, lifetime, version, tier, tier_until,
                   announced_tier, next_expiry_points, next_expiry_at, warned, merged_into, merge_version, credit
            FROM customers ORDER BY 1, 2
        """,
        "entries": """
            SELECT entry_id, shop, customer_id, version, lot_id, order_id, kind, bucket, points, cause, triggered_by,
                   effective_at, posted_at, earned_as, rules
            FROM entries ORDER BY entry_id
        """,
        "orders": "SELECT shop, customer_id, order_id, lot_id, facts::jsonb FROM orders ORDER BY 1, 2, 3",
        "programmes": "SELECT shop, version, effective_from, document FROM programmes ORDER BY 1, 2",
        "programme_words": "SELECT * FROM programme_words ORDER BY 1, 2",
        "reward_catalogues": "SELECT shop, version, effective_from, document FROM reward_catalogues ORDER BY 1, 2",
        "reward_takes": """
            SELECT shop, redemption_id, customer_id, reward, kind, terms, coupon, prefix, valid_days, state, taken_at,
                   ends_at
            FROM reward_takes ORDER BY 1, 2
        """,
        "coupons": """
            SELECT shop, coupon_id, reward, batch_id, nth, customer_id, redemption_id, prefix, kind, terms, issued_at,
                   expires_at, used_at, used_for, used_total
            FROM coupons ORDER BY 1, 2
        """,
        "coupon_batches": "SELECT * FROM coupon_batches ORDER BY 1, 2",
        "redemptions": "SELECT * FROM redemptions ORDER BY shop, redemption_id",
        "referral_codes": "SELECT * FROM referral_codes ORDER BY shop, code_id",
        "referrals": "SELECT * FROM referrals ORDER BY shop, referral_id",
        "referral_marks": "SELECT * FROM referral_marks ORDER BY 1, 2, 3, 4",
        "shop_zones": "SELECT shop, version, zone FROM shop_zones ORDER BY 1, 2",
        "shops": "SELECT * FROM shops ORDER BY 1",
    },
    "churn": {
        "customers": """
            SELECT shop, customer_id, orders, band, band_since, lifecycle, stage, value_at_risk, version, last_event_at,
                   interactions, tickets_opened, x, first_day, last_day, due_at,
                   model_version = (SELECT coalesce(max(m.version), 0) FROM models m WHERE m.shop = c.shop) AS is_newest
            FROM customers c ORDER BY 1, 2
        """,
        "cards": """
            SELECT shop, customer_id, points, points_version, points_at, tier, tier_version, credit, credit_version,
                   credit_at, messages, messages_at
            FROM cards ORDER BY 1, 2
        """,
        "horizons": "SELECT * FROM horizons ORDER BY shop",
        "treatments": "SELECT * FROM treatments ORDER BY shop, message_id",
        "shops": "SELECT * FROM shops ORDER BY 1",
    },
    "notify": {
        "customers": "SELECT * FROM customers ORDER BY shop, customer_id",
        "address_consents": "SELECT * FROM address_consents ORDER BY 1, 2, 3",
        "journeys": "SELECT * FROM journeys ORDER BY shop, name, version",
        "sends": """
            SELECT send_id, shop, customer_id, journey, journey_version, state, reason, locale, attempt, cause_id,
                   no_later_than, address_id, started_as
            FROM sends ORDER BY send_id
        """,
        "messages_elsewhere": "SELECT * FROM messages_elsewhere ORDER BY shop, customer_id, message_id",
        "shops": "SELECT * FROM shops ORDER BY 1",
    },
    "ingest": {
        "events": """
            SELECT event_id, shop, source_id, type, customer_id, order_id, time, recorded_time
            FROM events WHERE published ORDER BY event_id
        """,
        "customers": """
            SELECT shop, customer_id, version, merged_into, merge_version
            FROM customers WHERE version > 0 OR merge_version > 0 ORDER BY 1, 2
        """,
        "own_consents": "SELECT * FROM own_consents ORDER BY 1, 2, 3",
        "sources": "SELECT id, shop, trust, record_of_orders, historical, closed_at FROM sources ORDER BY 1",
        "shops": "SELECT * FROM shops ORDER BY 1",
    },
}


async def state_of(database: ServiceDatabase) -> dict[str, list[tuple[Any, ...]]]:
    """Everything of a service that its rebuild must bring back."""
    return {
        table: [tuple(row) for row in await database.worker.fetch(query)]
        for table, query in STATE[database.service].items()
    }


async def command(
    process: Process, *words: str, database: ServiceDatabase | None = None, **extra: str
) -> tuple[int, str]:
    """Run ``python -m <service> <words>`` as ``process`` would run, on its own or another database."""
    environment = {**process.environment, **extra}
    if database is not None:
        environment["MANDEGAR_WORKER_DATABASE_URL"] = database.worker_url
        environment["MANDEGAR_WEB_DATABASE_URL"] = database.web_url
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", process.name, *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await child.communicate()
    return child.returncode or 0, output.decode()
