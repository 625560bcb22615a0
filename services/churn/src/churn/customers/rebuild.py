"""Rebuilds churn from the topics: every event of ``ingest.events`` as history, then the bands that it has published.

History publishes nothing. At its end every shop is fitted as of today and every customer is computed: a band goes out
only if it differs from the one published last.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from churn.customers.apply import TYPES, apply
from churn.customers.rebuild_rows import (
    BandRow,
    Staged,
    end_histories,
    make_due,
    published_models,
    save_bands,
    save_returns,
    save_stages,
    save_versions,
)
from churn.models.fit_shop import fit_shop
from mandegar.customers.merging import unrouted
from mandegar.customers.walk import next_page
from mandegar.database import WorkerConnection, transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import FIRST_STAGE
from mandegar.service.context import Context
from mandegar.service.progress import progress
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.shops import SHOPS
from mandegar.stream import on

PAGE_CUSTOMERS = 2_000
# The field with the instant at which the band was entered.
_SINCE = {"band.crossed": "crossed_at", "band.restated": "since", "lifecycle.changed": "band_since"}
BAND_TYPES = frozenset({"band.crossed", "band.left", "band.restated", "lifecycle.changed"})


async def apply_as_history(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Apply a batch of ``ingest.events`` as history."""
    await apply([structs.replace(event, backfill=True) for event in events], connection, now)
    return ()


async def apply_published(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,  # noqa: ARG001
) -> Sequence[Event]:
    """Write the band and the lifecycle of each customer that were published last."""
    newest: dict[CustomerKey, Event] = {}
    for event in sorted(events, key=lambda event: int(event.data.version)):
        newest[unrouted(event).customer] = event
    await save_bands(connection, [_band_row(key, event) for key, event in newest.items()])
    return ()


async def apply_stages(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,  # noqa: ARG001
) -> Sequence[Event]:
    """Write the stage of each customer that was published last; an alias begins anew, and only its version goes on."""
    in_order = sorted(events, key=lambda event: int(event.data.version))
    stages = {
        unrouted(event).customer: Staged(
            FIRST_STAGE if event.alias else event.data.stage, event.data.version, event.data.changed_at
        )
        for event in in_order
    }
    await save_stages(connection, stages)
    return ()


async def apply_returns(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,  # noqa: ARG001
) -> Sequence[Event]:
    """Write when each customer was won back last; what was told of an alias was told of the root."""
    newest: dict[CustomerKey, datetime] = {}
    for event in events:
        at = event.data.won_back_at
        newest[event.customer] = max(at, newest.get(event.customer, at))
    await save_returns(connection, newest)
    return ()


async def remember_versions(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,  # noqa: ARG001
) -> Sequence[Event]:
    """Of what was published about erased customers, write the versions alone: those of the readmitted go on above."""
    await save_versions(connection, _newest_versions(events))
    return ()


async def remember_stage_versions(
    events: Sequence[Event],
    connection: WorkerConnection,
    now: datetime,  # noqa: ARG001
) -> Sequence[Event]:
    """The same of the stages of erased customers."""
    versions = _newest_versions(events)
    await save_stages(connection, {key: Staged(FIRST_STAGE, version, None) for key, version in versions.items()})
    return ()


def _newest_versions(events: Sequence[Event]) -> dict[CustomerKey, int]:
    versions: dict[CustomerKey, int] = {}
    for event in map(unrouted, events):
        versions[event.customer] = max(event.data.version, versions.get(event.customer, 0))
    return versions


async def finish(context: Context) -> None:
    """Fit every shop under a model version above all published ones, and make its customers due."""
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        await end_histories(connection)
        shops = await published_models(connection)
    with progress("churn shops fitted") as bar:
        for number, (shop, published) in enumerate(shops.items(), start=1):
            await fit_shop(context, shop, now, above=published)
            await _make_all_due(context, shop, now)
            bar.update(number, len(shops))


async def _make_all_due(context: Context, shop: str, now: datetime) -> None:
    after: str | None = ""
    while after is not None:
        async with transaction(context.worker) as connection:
            page = await next_page(connection, shop, after, PAGE_CUSTOMERS)
            await make_due(connection, shop, page.customer_ids, now)
        after = page.last


def _band_row(key: CustomerKey, event: Event) -> BandRow:
    """The band that an event tells of; an alias is in none, and only its version goes on."""
    data = event.data
    if event.alias is not None or event.type == "band.left":
        model_version = data.model_version if event.alias is None else None
        return BandRow(*key, None, None, None, None, data.version, model_version)
    return BandRow(
        *key,
        band=data.band,
        band_since=getattr(data, _SINCE[event.type]),
        lifecycle=data.lifecycle,
        value_at_risk=data.value_at_risk,
        version=data.version,
        model_version=data.model_version,
    )


REBUILD = Rebuild(
    reads=(
        SHOPS,
        on(TYPES, apply_as_history),
        on({"stage.changed"}, apply_stages, group=REBUILD_GROUP, of_erased=remember_stage_versions),
        on({"customer.won_back"}, apply_returns, group=REBUILD_GROUP),
        on(BAND_TYPES, apply_published, group=REBUILD_GROUP, of_erased=remember_versions),
    ),
    finish=finish,
)
