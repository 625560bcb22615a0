"""Churn from the topics: everything ingest has published taken as history, then the bands that churn has published.

History publishes nothing. At its end every shop is fitted as it would be today, and every customer computed: a band
goes out only where it is another than the one that was published last.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from churn.customers.apply import TYPES, apply
from churn.models.fit_shop import fit_shop
from churn.rebuild import rows as remembering
from churn.rebuild.rows import SaidRow
from mandegar.database import Connection, transaction
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import types_of
from mandegar.events.topics import CHURN_EVENTS
from mandegar.service.context import Context
from mandegar.service.progress import progress
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on

CUSTOMERS_AT_ONCE = 2_000


async def take_in_facts(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
    """Apply a batch as history."""
    await apply([structs.replace(event, backfill=True) for event in events], connection, now)
    return ()


async def remember(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Keep the newest band that was published of each customer."""
    newest: dict[CustomerKey, Event] = {}
    for event in sorted(events, key=lambda event: int(event.data.version)):
        newest[event.customer] = event
    await remembering.save_bands(connection, (_said(event) for event in newest.values()))
    return ()


async def finish(context: Context) -> None:
    """Fit every shop, under a version of its own, and let its customers be computed."""
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        await remembering.end_histories(connection)
        shops = await remembering.published_models(connection)
    with progress("churn shops fitted") as bar:
        for number, (shop, published) in enumerate(shops.items(), start=1):
            await fit_shop(context.worker, shop, now, above=published)
            await _make_due(context, shop, now)
            bar.update(number, len(shops))


async def _make_due(context: Context, shop: str, now: datetime) -> None:
    after: str | None = ""
    while after is not None:
        async with transaction(context.worker) as connection:
            after = await remembering.make_due(connection, shop, after, now, CUSTOMERS_AT_ONCE)


def _said(event: Event) -> SaidRow:
    data = event.data
    return SaidRow(
        *event.customer,
        band=data.band,
        band_since=data.crossed_at,
        value_at_risk=str(data.value_at_risk),
        version=data.version,
        model_version=data.model_version,
    )


REBUILD = Rebuild(
    reads=(on(TYPES, take_in_facts), on(types_of(CHURN_EVENTS), remember, group=REBUILD_GROUP)), finish=finish
)
