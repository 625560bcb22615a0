"""Beginning an import: everything that concerns the file as a whole is decided before any row is read."""

from datetime import datetime
from uuid import uuid4

from ingest.desk.unknown_shop import unknown_shop
from ingest.domain.amounts import units_of
from ingest.imports.import_rows import find_or_insert
from ingest.imports.reading import columns_of
from ingest.imports.schemas import NewImport, Reading
from ingest.settings import IngestSettings
from ingest.sources.events import publish_shop
from ingest.sources.imports_source import source_of_imports
from ingest.sources.shop_rows import lock_shop
from mandegar.database import Act, Row, WorkerConnection, transaction_of
from mandegar.events.ingest import ShopUpdated
from mandegar.service.context import Context
from mandegar.shops import Shop
from mandegar.web import Problem

# Columns of customers that balances are in.
_POINTS = frozenset({"points", "tier"})
_COUPON_AMOUNTS = frozenset({"amount", "at_most", "minimum_spend"})


async def start(context: Context[IngestSettings], act: Act, wanted: NewImport) -> Row:
    """The import of the file, which is made if there is none; raises ``Problem`` 404, 409 or 422."""
    now = context.clock.now()
    columns = columns_of(wanted.kind, wanted)
    reading = Reading(**wanted.model_dump(include=set(Reading.model_fields)))
    if wanted.form == "json_lines":
        reading.header = []  # each row has its own, which may be anything
    async with transaction_of(act, context.worker) as connection:
        shop = await lock_shop(connection, act.shop)
        if shop is None:
            raise unknown_shop()
        _require_unit(wanted, columns, shop)
        as_of = await _cut_off(context, connection, wanted, columns, shop)
        await source_of_imports(connection, act.shop, now)
        found = await find_or_insert(
            connection,
            uuid4(),
            act.shop,
            kind=wanted.kind,
            name=wanted.name,
            fingerprint=wanted.fingerprint,
            options=reading.model_dump_json(),
            dry_run=wanted.dry_run,
            as_of=as_of,
            now=now,
        )
        act.target = f"imports/{found['id']}"
    context.wake_relay()
    return found


def _require_unit(wanted: NewImport, columns: dict[str, str], shop: Shop) -> None:
    """Refuse amounts that might be ten times too small."""
    unit, known = wanted.unit, units_of(shop.currency)
    if unit is not None and unit not in known:
        title = f"unit must be {shop.currency}, the currency of the shop" + (
            ", or " + ", ".join(sorted(known - {shop.currency})) if len(known) > 1 else ""
        )
        raise Problem(422, "wrong_currency", title, "Amounts of other currencies cannot be imported")
    has_amounts = wanted.kind == "orders" or (wanted.kind == "coupons" and _COUPON_AMOUNTS & columns.keys())
    if has_amounts and columns and "currency" not in columns and unit is None:
        raise Problem(
            422,
            "unit_missing",
            "The file has no column with the currency of its amounts",
            f"Say it in unit: {', '.join(sorted(known))}; or name the column in columns, as currency",
        )


async def _cut_off(
    context: Context[IngestSettings],
    connection: WorkerConnection,
    wanted: NewImport,
    columns: dict[str, str],
    shop: Shop,
) -> datetime | None:
    """As of when the file counts, which becomes the cut-off of a shop without one; raises ``Problem`` 409 or 422."""
    now = context.clock.now()
    if wanted.as_of is not None and wanted.as_of > now:
        raise Problem(
            422,
            "as_of_ahead",
            "as_of lies in the future",
            "as_of is the time at which the file was true: send one that has passed",
        )
    has_points = wanted.kind == "points" or (wanted.kind == "customers" and _POINTS & columns.keys())
    if wanted.as_of is None or not (has_points or wanted.kind == "orders"):
        if has_points and wanted.as_of is None and shop.points_from is None:
            raise Problem(
                422,
                "as_of_missing",
                "Balances need as_of: when they were true",
                "Orders paid before it earn no points here, because the balances have them",
            )
        return wanted.as_of or (shop.points_from if has_points else None)
    if shop.points_from is None:
        if not wanted.dry_run:
            settings = {**shop._asdict(), "version": shop.version + 1, "points_from": wanted.as_of}
            data = ShopUpdated(**{name: settings[name] for name in ShopUpdated.__struct_fields__})
            await publish_shop(connection, shop.shop, data, now, context.settings.partitions)
    elif shop.points_from != wanted.as_of:
        raise Problem(
            409,
            "other_cut_off",
            f"The shop's cut-off is {shop.points_from.isoformat()}, not as_of",
            "Leave as_of out to import as of the cut-off, or change points_from of the shop first: "
            "PUT /v1/shops/{shop}",
        )
    return wanted.as_of
