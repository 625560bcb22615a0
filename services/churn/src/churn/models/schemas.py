"""The answer about a shop's model versions: figures, and sentences that say the same."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from churn.domain.forecast.confidence import Confidence, confidence_of, learned_by
from churn.domain.forecast.words import Language
from churn.models import words
from churn.models.rows import model_of
from churn.models.rules import Drift, Watched, Week, watch
from mandegar.database import Row
from mandegar.events.churn import Band


class Calibrated(BaseModel):
    """What was predicted for customers, and what they did."""

    customers: int = Field(
        description="Number of predictions: a customer counts once in each week. Of a large shop, a sample is counted"
    )
    predicted: float = Field(description="The share of customers predicted to buy within the horizon")
    bought: float = Field(description="The share of customers who bought")


class VersionAnswer(BaseModel):
    """A version of the shop's model."""

    version: int
    fitted_at: datetime
    through_day: date = Field(description="The last day, in the shop's zone, whose orders it has learned from")
    horizon_days: int
    customers: int | None = Field(
        description="Customers that it has learned from, at most 20,000; null if not recorded"
    )
    purchases: int | None = Field(description="Purchases of these customers: days with orders")
    treated: int | None = Field(
        description="Customers who got a message of a journey while their outcome was awaited. They are left out, and "
        "those whom a holdout kept back stand for them, where there are enough of these; null if not recorded"
    )
    withheld: int | None = Field(description="Customers who got no message because a holdout kept them back")
    learned: float = Field(
        description="How much of the model, from 0 to 1, was learned from the shop; the rest holds for any shop"
    )
    confidence: Confidence = Field(description="low below 0.5, high from 0.8 on")
    trust: float = Field(description="From 0 to 1, how much the shop's own past corrects the closed form")
    season: float = Field(
        description="Factor by which the shop's calendar changes purchases in the coming horizon; 1: no change"
    )
    weeks: int = Field(description="Number of weeks in which the version was in force and whose outcome is known")
    calibration: Calibrated | None = Field(description="Null until the horizon of a first week has passed")
    bands: dict[Band, Calibrated] = Field(description="The outcomes by the band in which customers were")
    texts: list[str] = Field(description="The same as sentences in the language of the answer")


class WeekAnswer(Calibrated):
    """A week: the predictions of its last day, once their horizon has passed."""

    day: date
    version: int


class DriftAnswer(BaseModel):
    """Whether customers buy as predicted. Weeks are compared with the year before, so a season raises no alarm."""

    drift: Drift = Field(description="unknown until half a year of outcomes is known")
    recent: float | None = Field(
        description="Buyers divided by predicted buyers in the last four weeks; 1: as predicted"
    )
    usual: float | None = Field(description="The same a year before, or over all earlier weeks in the first year")
    text: str


class Models(BaseModel):
    """The versions of a shop's model, newest first, and how accurate they were."""

    models: list[VersionAnswer]
    next_before: int | None = Field(description="Pass as before to get the next page; null on the last page")
    weeks: list[WeekAnswer] = Field(description="Oldest first, at most two years")
    drift: DriftAnswer
    as_of: datetime


_Bands = dict[str, dict[str, float]]


def version_fields(row: Row, weeks: Sequence[Row], language: Language) -> dict[str, Any]:
    """The fields of ``VersionAnswer``; ``weeks`` are those in which the version was in force."""
    numbers, quality = model_of(row).numbers, row["quality"]
    learned, horizon_days = learned_by(numbers), row["horizon_days"]
    level = confidence_of(learned)
    summed = _summed([week["bands"] for week in weeks])
    whole = _calibrated([*summed.values()])
    customers, purchases = quality.get("customers"), quality.get("purchases")
    texts = []
    if customers is not None and purchases is not None:
        through = row["through_day"].toordinal()
        texts.append(words.learned(customers, purchases, through, learned, level, language))
    if treated := quality.get("treated"):
        texts.append(
            words.treated(treated, quality["withheld"], left_out=quality["treated_left_out"], language=language)
        )
    if whole is not None:
        texts.append(words.outcome(len(weeks), whole["predicted"], whole["bought"], horizon_days, language))
    texts.append(words.season(numbers.level, horizon_days, language))
    return {
        "version": row["version"],
        "fitted_at": row["fitted_at"],
        "through_day": row["through_day"],
        "horizon_days": horizon_days,
        "customers": customers,
        "purchases": purchases,
        "treated": quality.get("treated"),
        "withheld": quality.get("withheld"),
        "learned": round(learned, 4),
        "confidence": level,
        "trust": numbers.trust,
        "season": round(numbers.level, 4),
        "weeks": len(weeks),
        "calibration": whole,
        "bands": {name: found for name, band in summed.items() if (found := _calibrated([band]))},
        "texts": texts,
    }


def week_fields(row: Row) -> dict[str, Any] | None:
    """The fields of ``WeekAnswer``; None for a week without a customer."""
    whole = _calibrated([*row["bands"].values()])
    return None if whole is None else {"day": row["day"], "version": row["version"], **whole}


def drift_fields(weeks: Sequence[Row], horizon_weeks: int, language: Language) -> dict[str, Any]:
    """The fields of ``DriftAnswer``."""
    summed = [Week(_sum(week["bands"], "said"), _sum(week["bands"], "bought")) for week in weeks]
    watched: Watched = watch(summed, horizon_weeks)
    return {**watched._asdict(), "text": words.drift(watched, language)}


def _sum(bands: _Bands, name: str) -> float:
    return sum(band[name] for band in bands.values())


def _summed(weeks: Sequence[_Bands]) -> _Bands:
    summed: _Bands = {}
    for bands in weeks:
        for name, band in bands.items():
            before = summed.setdefault(name, dict.fromkeys(band, 0))
            for figure, value in band.items():
                before[figure] = before.get(figure, 0) + value
    return summed


def _calibrated(bands: Sequence[dict[str, float]]) -> dict[str, Any] | None:
    customers = sum(band["customers"] for band in bands)
    if not customers:
        return None
    said, bought = (sum(band[name] for band in bands) / customers for name in ("said", "bought"))
    return {"customers": round(customers), "predicted": round(said, 4), "bought": round(bought, 4)}
