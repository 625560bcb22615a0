"""Backtests as a kind of job."""

from typing import Final

from mandegar.jobs.kind import JobKind

BACKTESTS: Final = JobKind("backtest", asked="horizon_weeks")
