"""The bodies of requests and answers about backtests."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from churn.models.horizon_rows import HorizonWeeks
from mandegar.jobs.kind import Status


class BacktestRequest(BaseModel):
    """The backtest to compute."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"horizon_weeks": 8}})

    horizon_weeks: HorizonWeeks | None = Field(
        default=None, description="Weeks within which a purchase counts; without it the horizon of the shop's scores"
    )


class Made(BaseModel):
    """A backtest that was asked for."""

    id: UUID = Field(description="The id of the backtest; `GET /v1/backtests/{id}` has its result")
    status: Status = "waiting"
    horizon_weeks: int


class Progress(BaseModel):
    """How far a backtest is."""

    doing: str = Field(description="`orders read`, `origins fitted`, `origins judged`, `parts of the customers walked`")
    done: int
    total: int


class BacktestHead(BaseModel):
    """A backtest without its result."""

    id: UUID
    status: Status
    horizon_weeks: int
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    progress: Progress | None = Field(description="While it is computed")
    failure: str | None = Field(description="Why the backtest has no result")


class Backtest(BacktestHead):
    """A backtest, how far it is and its result."""

    result: dict[str, Any] | None = Field(
        description="Once it is done, the object that `make backtest` prints: `origins` and their `mean`, each with "
        "`auc`, `brier`, `log_loss`, `ece` of the score and of the `baselines`, `base_rate` and `n`; `intervals`, "
        "`bands`, `value_list`. Without 26 weeks and a whole horizon after them there is no origin: `reason` says so, "
        "the measures of `mean` are null and its `n` is 0"
    )


class BacktestList(BaseModel):
    """Backtests, the newest first."""

    backtests: list[BacktestHead]
