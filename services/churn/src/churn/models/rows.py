"""Model versions, and the terms under which customers are scored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from churn.domain.customer import NO_CURRENCY, Customer, Terms
from churn.domain.model import Model
from churn.domain.priors import prior_model
from churn.domain.score import Parameters
from mandegar.calendar import ShopDays, shop_days
from mandegar.database import Connection, ReadConnection, Row, WorkerConnection, keys_as_json
from mandegar.events import CustomerKey
from mandegar.shops import Shop, load_shops

_ZONE_UNKNOWN: Final = "UTC"  # until ``shop.updated`` names the shop's own

# What ``terms_in`` reads of ``models m`` and ``shops s``.
TERMS: Final = {
    "parameters": "jsonb",
    "horizon_days": "smallint",
    "drops": "double precision[]",
    "zone_of_shop": "text",
    "currency": "text",
}
TERMS_QUERY: Final = "m.parameters, m.horizon_days, m.drops, s.zone, s.currency"


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
    """The terms of every shop in ``shops``: the priors without a model, UTC before its first ``shop.updated``."""
    models, settings = await newest_models(connection, shops), await load_shops(connection, shops)
    return {shop: _terms(models.get(shop), settings.get(shop)) for shop in shops}


async def models_of(connection: ReadConnection, shop: str, versions: Collection[int | None]) -> dict[int | None, Model]:
    """Model versions of a shop; the priors for version 0 and for None, the version of customers never computed."""
    rows = await connection.fetch(
        """
        SELECT version, horizon_days, drops, parameters FROM models WHERE shop = $1 AND version = ANY($2::bigint[])
        """,
        shop,
        [version for version in versions if version],
    )
    by_version: dict[int | None, Model] = {row["version"]: model_of(row) for row in rows}
    return {version: by_version.get(version) or prior_model() for version in versions}


async def calendar_of(connection: ReadConnection, customer: Customer) -> ShopDays:
    """The calendar under which a customer was computed last; their shop's, if they never were."""
    if customer.zone is not None:
        return shop_days(customer.zone)
    return (await load_terms(connection, {customer.shop}))[customer.shop].days


def terms_in(row: Sequence[Any], customer: Customer | None) -> Terms:
    """The terms in the columns ``TERMS``: those of a customer's last computation, their shop's if there was none."""
    parameters, horizon_days, drops, zone, currency = row
    model, computed = prior_model(), customer and customer.zone
    if customer is not None and customer.model_version is not None and parameters is not None:
        model = Model(customer.model_version, Parameters(**parameters), horizon_days, tuple(drops))
    return Terms(model, shop_days(computed or zone or _ZONE_UNKNOWN), currency or NO_CURRENCY)


async def count_fits(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, int]:
    """How many model versions were fitted to counts of which each customer with purchases was one."""
    rows = await connection.fetch(
        """
        SELECT c.shop, c.customer_id, count(*)
        FROM json_to_recordset($1::json) AS w(shop text, customer_id text)
            JOIN customers c USING (shop, customer_id)
            JOIN models m ON m.shop = c.shop AND m.through_day - date '0001-01-01' + 1 >= c.first_day
        GROUP BY c.shop, c.customer_id
        """,
        keys_as_json(keys),
    )
    return {CustomerKey(shop, customer_id): count for shop, customer_id, count in rows}


async def insert_model(
    connection: WorkerConnection,
    shop: str,
    model: Model,
    *,
    fitted_at: datetime,
    through: date,
    quality: Mapping[str, Any],
) -> bool:
    """Insert a model version; false when another process has inserted this version before."""
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
        return Terms(model or prior_model(), shop_days(_ZONE_UNKNOWN), NO_CURRENCY)
    return Terms(model or prior_model(), shop_days(shop.zone), shop.currency)
