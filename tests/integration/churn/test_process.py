"""Churn as a process on a real broker, killed amid a history and amid its fit: it ends as if nothing had happened."""

import asyncio
import time
from contextlib import suppress

import pytest

from builders.orders import historic
from builders.shops import shop_updated, source_closed
from churn.domain.forecast.version import prior_version, version_of
from churn.fitting.fit import fit
from churn.main import SERVICE
from harness.cdnow import flat
from harness.in_process import NOON, PARTITIONS
from harness.processes import service_process
from harness.waiting import eventually
from mandegar.database import transaction
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.outbox import write_outbox
from mandegar.outbox.relay import Relay
from mandegar.service.parts import invariant_violations
from mandegar.service.settings import ServiceSettings


async def queue(database, events, partition: int | None = None) -> None:
    async with transaction(database.worker) as connection:
        await write_outbox(connection, events, partition=partition)


async def count(database, what: str) -> int:
    return await database.worker.fetchval(f"SELECT count(*) FROM {what}")


@pytest.mark.timeout(400)
async def test_killed_amid_history_and_amid_its_fit_it_ends_under_the_fitted_model(
    make_database, kafka, topic_prefix, tmp_path, cdnow
):
    database, source = await make_database("churn"), await make_database("ingest")
    shift = NOON.date() - cdnow.holdout_end
    events = [
        historic(f"line-{line.number}", line.amount, days=(line.day + shift - NOON.date()).days, customer=line.customer)
        for line in cdnow.lines
    ]
    relay = asyncio.create_task(Relay(Broker(kafka), source.worker_url, TopicNames(topic_prefix), PARTITIONS).run())
    clock = f"{NOON.isoformat()}@{time.time()}"
    log = tmp_path / "churn.log"
    async with service_process(database, kafka, topic_prefix, log, MANDEGAR_CLOCK=clock) as churn:
        for partition in range(PARTITIONS):
            await queue(source, [shop_updated()], partition)
        await queue(source, events)
        await eventually(lambda: count(database, "customers"), lambda customers: customers > 100, seconds=40)
        churn.kill()
        for partition in range(PARTITIONS):
            await queue(source, [source_closed(partition)], partition)
        churn.start()
        await eventually(lambda: count(database, "models"), lambda models: models == 1, seconds=150)
        churn.kill()
        churn.start()
        done = "customers WHERE model_version = 1 AND backfill_until IS NULL AND band IS NOT NULL"
        await eventually(lambda: count(database, done), lambda customers: customers == 2_357, seconds=150)
        await eventually(lambda: count(database, "outbox"), lambda rows: rows == 0, seconds=30)
        assert churn.terminate() == 0
    relay.cancel()
    with suppress(asyncio.CancelledError):
        await relay

    through = cdnow.holdout_end.toordinal() - 1
    numbers = await database.worker.fetchval("SELECT numbers FROM models")
    days = cdnow.days_by_customer(cdnow.holdout_end)
    known = cdnow.purchases([line for line in cdnow.lines if line.day.toordinal() <= through])
    expected = fit(known, through, prior_version().numbers())["numbers"]
    assert flat(version_of(numbers)) == pytest.approx(flat(version_of(expected)), rel=1e-6)
    assert await count(database, "customers") == len(days)
    # One crossing for each customer, at most one stage, and nothing about a customer besides.
    told = await database.worker.fetch(
        """
        SELECT convert_from(value, 'UTF8')::json->>'type' AS type, count(*) AS told, count(DISTINCT key) AS customers
        FROM outbox_published WHERE convert_from(key, 'UTF8') LIKE '%:%' GROUP BY 1
        """
    )
    counts = {row["type"]: (row["told"], row["customers"]) for row in told}
    assert counts.pop("band.crossed") == (len(days), len(days))
    (staged, customers) = counts.pop("stage.changed")
    assert staged == customers
    assert counts == {}
    assert await invariant_violations(SERVICE, database.worker, ServiceSettings.model_construct()) == []
