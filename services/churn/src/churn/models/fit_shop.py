"""One fit of one shop: counts customers, fits in a child process, inserts the version, marks the history it covers."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from churn.domain.model import Model
from churn.domain.priors import CUSTOMERS_MIN, REPEATS_MIN
from churn.domain.score import Parameters
from churn.models.backfill_rows import mark_fitted
from churn.models.child import fit_in_child
from churn.models.histogram_rows import Count, count_customers
from churn.models.rows import insert_model, load_terms
from mandegar.database import as_shop, transaction
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)


async def fit_shop(context: Context, shop: str, now: datetime, *, above: int = 0) -> int:
    """Fit a shop to its purchases before today, in its own zone; returns the model version in force afterwards.

    A shop with too little history keeps the version it has. Of two processes that fit at once, the first to commit
    inserts its version. A new version is greater than ``above``.
    """
    async with as_shop(context.reporting, shop) as connection:
        terms = (await load_terms(connection, {shop}))[shop]
        through = last_whole_day(now, terms.days.zone)
        counts = await count_customers(connection, shop, through.toordinal(), terms.days)
    fitted = await fit_in_child(counts, through.toordinal()) if is_enough(counts) else None
    async with transaction(context.worker) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('fit ' || $1, 0))", shop)
        present = (await load_terms(connection, {shop}))[shop].model
        version = present.version
        if fitted is not None and fitted["mbg"]["inside_bounds"] and version == terms.model.version:
            version = max(version, above) + 1
            model = Model(version, Parameters(**fitted["mbg"]["parameters"]))
            await insert_model(connection, shop, model, fitted_at=now, through=through, quality=_quality(fitted))
        await mark_fitted(connection, shop, version, now)
    log.info("shop_fitted", shop=shop, model_version=version, customers=sum(count[3] for count in counts))
    return version


def is_enough(counts: list[Count]) -> bool:
    """Whether a shop has enough customers and repeat purchases for a fit of its own."""
    customers = sum(count[3] for count in counts)
    repeats = sum(count[0] * count[3] for count in counts)
    return customers >= CUSTOMERS_MIN and repeats >= REPEATS_MIN


def last_whole_day(now: datetime, zone: ZoneInfo) -> date:
    """Yesterday in ``zone``: all fits of one day see the same purchases, so they find the same parameters."""
    return now.astimezone(zone).date() - timedelta(days=1)


def _quality(fitted: dict[str, Any]) -> dict[str, Any]:
    return {
        "customers": fitted["customers"],
        "cells": fitted["cells"],
        "seconds": fitted["seconds"],
        "log_likelihood": fitted["mbg"]["log_likelihood"],
        "bg_nbd": fitted["bg"],
    }
