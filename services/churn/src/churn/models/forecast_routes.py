"""What the shop's customers will pay in the coming four weeks, and what became of former forecasts."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from churn.domain.forecast.revenue import FORECAST_DAYS
from churn.models.forecast_rows import count_covered, read_forecasts
from churn.models.forecast_schemas import Coverage, ForecastAnswer, Forecasts
from mandegar.database import Row, as_shop_reporting
from mandegar.shops import load_shops
from mandegar.tokens import Principal
from mandegar.web import Ctx, Router, require

router = Router()

_DAY = timedelta(days=1)


@router.get(
    "/v1/forecasts",
    summary="Get the expected revenue of the coming four weeks from present customers, and former forecasts",
)
async def forecasts(
    ctx: Ctx,
    who: Annotated[Principal, require("customers:read")],
    limit: Annotated[int, Query(ge=1, le=400, description="Forecasts, at most 400")] = 30,
) -> Forecasts:
    """Returns what the customers of the shop are expected to pay in the four weeks from `first_day`, newest first.

    The daily fit makes one, so the newest is of today. Once its four weeks are over it is compared with what the same
    customers paid, which lies between `low` and `high` with a probability of 80 %. Customers who are new in these weeks
    are not counted.
    """
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        shop = (await load_shops(connection, [who.shop])).get(who.shop)
        rows = await read_forecasts(connection, who.shop, limit)
        checked, inside = await count_covered(connection, who.shop)
    return Forecasts(
        currency=shop.currency if shop is not None else None,
        forecasts=[_answer(row) for row in rows],
        coverage=Coverage(checked=checked, inside=inside, share=f"{inside / checked:.4f}" if checked else None),
        as_of=ctx.clock.now(),
    )


def _answer(row: Row) -> ForecastAnswer:
    paid = row["paid"]
    return ForecastAnswer(
        first_day=row["day"] + _DAY,
        last_day=row["day"] + timedelta(days=FORECAST_DAYS),
        made_at=row["made_at"],
        model_version=row["version"],
        customers=row["customers"],
        expected=f"{row['expected']:f}",
        low=f"{row['low']:f}",
        high=f"{row['high']:f}",
        paid=None if paid is None else f"{paid:f}",
        inside=None if paid is None else row["low"] <= paid <= row["high"],
        checked_at=row["checked_at"],
    )
