"""Model versions, and the terms under which a shop's customers are scored."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from churn.domain.customer import NO_CURRENCY, Terms
from churn.domain.model import Model
from churn.domain.priors import prior_model
from churn.domain.score import Parameters
from mandegar.database import Connection, Row
from mandegar.shops import Shop, load_shops

_UTC = ZoneInfo("UTC")


def model_of(row: Row) -> Model:
    """The model in a row of ``models``."""
    one, two, three = row["drops"]
    return Model(row["version"], Parameters(**row["parameters"]), row["horizon_days"], (one, two, three))


async def newest_models(connection: Connection, shops: Collection[str]) -> dict[str, Model]:
    """The newest model version of each shop that has one."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (shop) shop, version, horizon_days, drops, parameters
        FROM models WHERE shop = ANY($1::text[]) ORDER BY shop, version DESC
        """,
        list(shops),
    )
    return {row["shop"]: model_of(row) for row in rows}


async def load_terms(connection: Connection, shops: Collection[str]) -> dict[str, Terms]:
    """The terms of every shop in ``shops``: priors without a model, UTC before the shop was heard of."""
    models, known = await newest_models(connection, shops), await load_shops(connection, shops)
    return {shop: _terms(models.get(shop), known.get(shop)) for shop in shops}


async def model_version(connection: Connection, shop: str, version: int | None) -> Model:
    """One version of a shop's model; the priors for version 0 or for a customer who was never computed."""
    row = await connection.fetchrow(
        "SELECT version, horizon_days, drops, parameters FROM models WHERE shop = $1 AND version = $2", shop, version
    )
    return prior_model() if row is None else model_of(row)


async def insert_model(
    connection: Connection, shop: str, model: Model, *, fitted_at: datetime, through: date, quality: Mapping[str, Any]
) -> bool:
    """Add a model version; false when another process has added this version before."""
    return bool(
        await connection.fetchval(
            """
            INSERT INTO models (shop, version, fitted_at, through_day, horizon_days, drops, parameters, quality)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT DO NOTHING
            RETURNING true
            """,
            shop,
            model.version,
            fitted_at,
            through,
            model.horizon_days,
            list(model.drops),
            model.parameters._asdict(),
            dict(quality),
        )
    )


def _terms(model: Model | None, shop: Shop | None) -> Terms:
    if shop is None:
        return Terms(model or prior_model(), _UTC, NO_CURRENCY)
    return Terms(model or prior_model(), ZoneInfo(shop.zone), shop.currency)
