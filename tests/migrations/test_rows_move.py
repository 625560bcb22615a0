"""Migrations move the rows of a running installation, which row-level security hides even from their owner."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from alembic.config import Config

from harness.databases import PASSWORD, create_database
from harness.worker import own
from mandegar.command import service_root
from mandegar.database.migrations import upgrade
from mandegar_local.databases import role_url

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
SENDS = """
    INSERT INTO sends (send_id, shop, customer_id, journey, journey_version, channel, template, cause_type, cause_id,
        correlation_id, hops, payload, triggered_at, created_at, no_later_than, state, reason, not_before, decided_at)
    VALUES ($1, 'a', 'c', 'at_risk_offer', 0, 'email', 't', 'band.crossed', $1, $1, 0, '{}',
        $2, $2, $2, $3, 'r', $2, $2)
"""


def upgrade_to(revision, owner_url):
    config = Config()
    config.set_main_option("script_location", str(service_root("notify") / "migrations"))
    config.attributes["url"] = owner_url
    command.upgrade(config, revision)


@pytest.mark.integration
async def test_rows_of_notify_reach_the_release_that_claims_by_channel_and_binds_consents_to_addresses(postgres):
    suffix = f"_{own('moving')}"
    await create_database(postgres, "notify", suffix)
    urls = {role: role_url(postgres, f"notify_{role}", PASSWORD, f"notify{suffix}") for role in ("owner", "worker")}
    await asyncio.to_thread(upgrade_to, "0004_pre_guards", urls["owner"])
    worker = await asyncpg.connect(urls["worker"])
    consent = json.dumps({"email": {"status": "granted", "at": AT.isoformat()}})
    await worker.execute(
        "INSERT INTO customers (shop, customer_id, partition, email, shop_consents)"
        " VALUES ('a', 'c', 0, 'c@example.test', $1)",
        consent,
    )
    for number, state in enumerate(("unknown", "withheld")):
        await worker.execute(SENDS, UUID(int=number), AT, state)

    await asyncio.to_thread(upgrade, service_root("notify"), urls["owner"])

    assert await worker.fetch("SELECT state, unknown_at FROM sends ORDER BY send_id") == [
        ("unknown", AT),
        ("withheld", None),
    ]
    bound = json.loads(await worker.fetchval("SELECT shop_consents FROM customers"))
    assert bound["email"]["address"] == "c@example.test"
    owner = await asyncpg.connect(urls["owner"])
    assert await owner.fetchval("SELECT count(*) FROM sends") == 0  # hidden from the owner again
    for connection in (worker, owner):
        await connection.close()
