"""How a shop's model versions fared, for marketing and for whoever watches them."""

from typing import Annotated

from fastapi import Query

from churn.models.calibration_rows import read_calibrations, read_versions
from churn.models.horizon_rows import find_horizon
from churn.models.schemas import (
    DriftAnswer,
    Models,
    VersionAnswer,
    WeekAnswer,
    drift_fields,
    version_fields,
    week_fields,
)
from mandegar.database import as_shop_reporting
from mandegar.tokens import Principal
from mandegar.web import Ctx, Router, require
from mandegar.web.language import AcceptLanguage, Lang, language_of

router = Router()

# Two years of weeks: what is usual is looked up a year before.
WEEKS_MAX = 104


@router.get("/v1/models", summary="List the versions of the shop's model, and how accurate they were")
async def models(
    ctx: Ctx,
    who: Annotated[Principal, require("customers:read")],
    limit: Annotated[int, Query(ge=1, le=100, description="Versions per page, at most 100")] = 10,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="next_before of the previous page")] = None,
    lang: Lang = None,
    accept_language: AcceptLanguage = "",
) -> Models:
    """Returns the versions, newest first, with how much each has learned, and what came of its predictions.

    The newest scores all customers. An outcome is known once the horizon of a week has passed; it is counted once a
    day, of at most 20,000 customers. A shop without a version is scored with the priors that hold for any shop.
    """
    language = language_of(lang, accept_language)
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        versions = await read_versions(connection, who.shop, limit, before)
        weeks = await read_calibrations(connection, who.shop, WEEKS_MAX)
        horizon = await find_horizon(connection, who.shop)
    in_force = {row["version"]: [week for week in weeks if week["version"] == row["version"]] for row in versions}
    return Models(
        models=[VersionAnswer(**version_fields(row, in_force[row["version"]], language)) for row in versions],
        next_before=versions[-1]["version"] if len(versions) == limit else None,
        weeks=[WeekAnswer(**fields) for week in weeks if (fields := week_fields(week))],
        drift=DriftAnswer(**drift_fields(weeks, horizon.weeks, language)),
        as_of=ctx.clock.now(),
    )
