"""The horizon of a shop: the weeks within which its scores expect a purchase."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from churn.models.horizon_rows import Horizon, HorizonWeeks, find_horizon
from churn.models.put_horizon import put_horizon
from churn.models.rows import load_terms
from mandegar.database import Connection, as_shop, as_shop_writing
from mandegar.web import Acting, Ctx, Principal, Router, audited, require

router = Router(prefix="/v1/horizon", tags=["models"])
Reader = Annotated[Principal, require("customers:read", "journeys:write")]
Writer = Annotated[Principal, require("journeys:write")]


class HorizonRequest(BaseModel):
    """The horizon that the shop chooses."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"weeks": 4}})

    weeks: HorizonWeeks = Field(
        description="4 where customers order every week or two, 13 where they order twice a year"
    )


class HorizonAnswer(BaseModel):
    """The horizon of the shop."""

    weeks: int = Field(
        description="`risk` is the probability of no purchase within this many weeks; 8 unless the shop has chosen"
    )
    in_force: bool = Field(description="False while the model is still fitted to the previous horizon")
    changed_at: AwareDatetime | None = Field(
        description="When the horizon was chosen; null if the shop has chosen none"
    )


@router.get("", summary="Get the horizon of the shop's scores")
async def horizon(ctx: Ctx, who: Reader) -> HorizonAnswer:
    """Returns within how many weeks a purchase is expected, and whether scores use this horizon already."""
    async with as_shop(ctx.web, who.shop) as connection:
        return await _answer(connection, who.shop, await find_horizon(connection, who.shop))


@router.put("", summary="Choose the horizon of the shop's scores", openapi_extra=audited("horizon.put"))
async def put(ctx: Ctx, who: Writer, act: Acting, body: HorizonRequest) -> HorizonAnswer:
    """The model is fitted again in the background within some seconds, and all customers are scored by it: risk,
    bands, value at risk and what is expected change their meaning together, as `horizon_days` beside them says.
    """
    async with as_shop_writing(ctx.web, act) as connection:
        chosen = await put_horizon(connection, who.shop, body.weeks, ctx.clock.now())
        answer = await _answer(connection, who.shop, chosen)
    ctx.wake_relay()
    return answer


async def _answer(connection: Connection, shop: str, chosen: Horizon) -> HorizonAnswer:
    model = (await load_terms(connection, {shop}))[shop].model
    in_force = model.horizon_days == chosen.weeks * 7
    return HorizonAnswer(weeks=chosen.weeks, in_force=in_force, changed_at=chosen.changed_at)
