"""Model versions, and the terms under which customers are scored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from math import log
from typing import Any, Final, NamedTuple

import orjson

from churn.domain.customer import NO_CURRENCY, Customer, Terms
from churn.domain.forecast.version import Version, prior_version, version_of
from churn.domain.model import Model, prior_model
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
    "numbers": "text",
    "zone_of_shop": "text",
    "currency": "text",
}
TERMS_QUERY: Final = "m.parameters, m.horizon_days, m.numbers::text, s.zone, s.currency"
# What a process of the release before reads of a row: the odds at which its bands begin, as drops of the logit.
_FORMER_DROPS: Final = (log(2), log(4), log(12))


def model_of(row: Row) -> Model:
    """The model in a row of ``models``."""
    return Model(row["version"], _numbers(row["parameters"], row["horizon_days"], row["numbers"]))


def _numbers(parameters: Mapping[str, float], horizon_days: int, numbers: str | None) -> Version:
    """The numbers of a row. A row of the release before has the parameters of its closed form, and is that alone."""
    if numbers is not None:
        return _read_numbers(numbers)
    return prior_version(horizon_days / 7)._replace(population=Parameters(**parameters), trust=0.0)


@lru_cache(maxsize=1024)
def _read_numbers(numbers: str) -> Version:
    """The same text gives the same version, whose preparation is then not repeated for each customer."""
    return version_of(orjson.loads(numbers))


class _Fitted(NamedTuple):
    """A model, and when it was fitted."""

    model: Model
    at: datetime


async def _newest_models(connection: Connection, shops: Collection[str]) -> dict[str, _Fitted]:
    """The newest model version of each shop that has one."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (shop) shop, version, horizon_days, parameters, numbers::text, fitted_at
        FROM models WHERE shop = ANY($1::text[]) ORDER BY shop, version DESC
        """,
        list(shops),
    )
    return {row["shop"]: _Fitted(model_of(row), row["fitted_at"]) for row in rows}


async def has_numbers(connection: Connection, shop: str) -> bool:
    """Whether the newest model version of a shop has numbers: there is one, and not of the release before them."""
    return bool(
        await connection.fetchval(
            "SELECT numbers IS NOT NULL FROM models WHERE shop = $1 ORDER BY version DESC LIMIT 1", shop
        )
    )


async def load_terms(connection: Connection, shops: Collection[str]) -> dict[str, Terms]:
    """The terms of every shop in ``shops``: the priors without a model, UTC before its first ``shop.updated``."""
    models, settings = await _newest_models(connection, shops), await load_shops(connection, shops)
    return {shop: _terms(models.get(shop), settings.get(shop)) for shop in shops}


async def models_of(connection: ReadConnection, shop: str, versions: Collection[int | None]) -> dict[int | None, Model]:
    """Model versions of a shop; the priors for version 0 and for None, the version of customers never computed."""
    rows = await connection.fetch(
        """
        SELECT version, horizon_days, parameters, numbers::text
        FROM models WHERE shop = $1 AND version = ANY($2::bigint[])
        """,
        shop,
        [version for version in versions if version],
    )
    by_version: dict[int | None, Model] = {row["version"]: model_of(row) for row in rows}
    return {version: by_version.get(version) or prior_model() for version in versions}


async def model_at(connection: ReadConnection, shop: str, at: datetime) -> Model:
    """The model version of a shop that was its newest at an instant; the prior before the first."""
    row = await connection.fetchrow(
        """
        SELECT version, horizon_days, parameters, numbers::text FROM models
        WHERE shop = $1 AND fitted_at <= $2 ORDER BY version DESC LIMIT 1
        """,
        shop,
        at,
    )
    return model_of(row) if row is not None else prior_model()


async def calendar_of(connection: ReadConnection, customer: Customer) -> ShopDays:
    """The calendar under which a customer was computed last; their shop's, if they never were."""
    if customer.zone is not None:
        return shop_days(customer.zone)
    return (await load_terms(connection, {customer.shop}))[customer.shop].days


def terms_in(row: Sequence[Any], customer: Customer | None) -> Terms:
    """The terms in the columns ``TERMS``: those of a customer's last computation, their shop's if there was none."""
    parameters, horizon_days, numbers, zone, currency = row
    model, computed = prior_model(), customer and customer.zone
    if customer is not None and customer.model_version is not None and parameters is not None:
        model = Model(customer.model_version, _numbers(parameters, horizon_days, numbers))
    return Terms(model, shop_days(computed or zone or _ZONE_UNKNOWN), currency or NO_CURRENCY)


async def count_fits(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, int]:
    """How many model versions were fitted to samples of which each customer with purchases may have been one."""
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
            INSERT INTO models
                (shop, version, fitted_at, through_day, horizon_days, drops, parameters, quality, numbers)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT DO NOTHING
            RETURNING true
            """,
            shop,
            model.version,
            fitted_at,
            through,
            model.horizon_days,
            list(_FORMER_DROPS),
            model.numbers.population._asdict(),
            dict(quality),
            model.numbers.numbers(),
        )
    )


def _terms(fitted: _Fitted | None, shop: Shop | None) -> Terms:
    model, since = fitted or (prior_model(), None)
    if shop is None:
        return Terms(model, shop_days(_ZONE_UNKNOWN), NO_CURRENCY, since)
    return Terms(model, shop_days(shop.zone), shop.currency, since)
