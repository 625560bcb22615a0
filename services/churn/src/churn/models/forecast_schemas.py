"""The answer with forecasts of a shop's revenue. Money is decimal text in the currency of the shop."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class ForecastAnswer(BaseModel):
    """What the customers of one evening are expected to pay in the four weeks after it."""

    first_day: date = Field(description="In the shop's zone; the forecast knows the orders of the days before")
    last_day: date
    made_at: datetime
    model_version: int = Field(description="The version of the shop's model that it was made with")
    customers: int = Field(description="Customers who had bought before `first_day`")
    expected: str = Field(description="The expected revenue: actual revenue is as likely above it as below")
    low: str = Field(description="The revenue lies between `low` and `high` with a probability of 80 %")
    high: str
    paid: str | None = Field(
        description="What these customers paid in these days, less refunds, as was known when `checked_at`; null until "
        "the days are over. Of more than 20,000 customers it is counted of a sample, as the forecast is"
    )
    inside: bool | None = Field(description="Whether `paid` lies between `low` and `high`")
    checked_at: datetime | None


class Coverage(BaseModel):
    """How accurate forecasts were. Forecasts of neighbouring days have most of their weeks in common."""

    checked: int
    inside: int = Field(description="Forecasts whose revenue lay in the interval")
    share: str | None = Field(description="inside / checked, which should be about 0.8; null before the first")


class Forecasts(BaseModel):
    """Forecasts of the revenue from customers that a shop has."""

    currency: str | None = Field(description="Null until the settings of the shop have arrived")
    forecasts: list[ForecastAnswer] = Field(description="The newest first; none before the first fit")
    coverage: Coverage
    as_of: datetime
