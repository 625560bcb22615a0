"""What it costs everybody that customers may be aliases or erased: lanes that ask who is, and lanes that do not."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from unittest.mock import patch

from bench import load
from bench.figures import Measured
from bench.lane import drain
from bench.load import PARTITIONS
from bench.stage import Stage
from mandegar.customers.locking import KeyRow
from mandegar.customers.standings import Standings
from mandegar.database import WriteConnection, as_json
from mandegar.events import CustomerKey
from mandegar.events.registry import ERASURE_TYPES, IDENTITY_TYPES
from mandegar.events.topics import partition_key, partition_of
from mandegar.lanes import application
from mandegar.stream import Subscription

EVENTS = 100_000
# Taken in turn, and each as often first, so that neither has the warmer machine.
ROUNDS = 4
ASKING_LEAST = 0.95


async def measure(name: str, stage: Stage) -> list[Measured]:
    """Events a second of one process that does not ask, of one that does, and the CPU of the first by the second's.

    Nobody is an alias or erased. The lanes are the service's own in both; what does not ask reads no merges, splits and
    erasures, and locks customers without asking their rows who they are.
    """
    prefix, events = await stage.topics(f"identity.{name}."), stage.count(EVENTS)
    await load.produce(stage.kafka, f"{prefix}ingest.events", load.mix(events))
    subscription: Subscription = import_module(f"{name}.main").SERVICE.subscriptions[name]
    total = events + PARTITIONS
    seconds, costs = {False: 0.0, True: 0.0}, {False: 0.0, True: 0.0}
    for number in range(ROUNDS):
        for asks in (False, True) if number % 2 else (True, False):
            async with stage.database(name) as database:
                with nullcontext(subscription) if asks else _not_asking(subscription) as subscribed:
                    meter = stage.meter()
                    seconds[asks] += await drain(stage.kafka, prefix, database, subscribed, total)
                ours, postgres, _ = meter.per_event(total)
                costs[asks] += ours + postgres
    stage.log("  µs of CPU an event: " + ", ".join(f"{costs[asks] / ROUNDS:.1f}" for asks in (False, True)))
    return [*(Measured(ROUNDS * total / seconds[asks]) for asks in (False, True)), Measured(costs[False] / costs[True])]


@contextmanager
def _not_asking(subscription: Subscription) -> Iterator[Subscription]:
    """The subscription of a service whose customers are always themselves."""
    types = subscription.types - IDENTITY_TYPES - ERASURE_TYPES
    with patch.object(application, "lock_customers", _lock_customers):
        yield replace(subscription, types=types, merge=None, erase=None)


async def _lock_customers(connection: WriteConnection, keys: Iterable[CustomerKey], partitions: int) -> Standings:
    """Insert the missing rows of ``keys`` and lock all of them, in key order, until the transaction ends."""
    await connection.execute(
        """
        INSERT INTO customers AS c (shop, customer_id, partition)
        SELECT * FROM json_to_recordset($1::json) AS w(shop text, customer_id text, partition smallint)
        ON CONFLICT (shop, customer_id) DO UPDATE SET partition = c.partition WHERE false
        """,
        as_json([KeyRow(*key, partition_of(partition_key(*key), partitions)) for key in sorted(set(keys))]),
    )
    return Standings()
