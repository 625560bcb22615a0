"""Answers with the figures of a shop. Money and shares are decimal text, money in the currency of the shop."""

from datetime import date, datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, Field

_OPEN = "; null while the month is not over"
_UNKNOWN = f"{_OPEN}, and where there was nobody to lose"
_SO_FAR = "; while the month is not over, as its last day is known now"


class OrderFigures(BaseModel):
    """What customers did in one month, of the orders that count as far as is known now."""

    month: str = Field(description="The month, in the calendar of the answer (2026-11, 1405-08)")
    first_day: date
    last_day: date
    complete: bool = Field(description="False while the month is not over in the zone of the shop: figures so far")
    customers: int = Field(description="Customers who ordered in the month")
    new_customers: int = Field(description="Those whose first order this was")
    returning_customers: int = Field(description="Those whose first order is of an earlier month")
    orders: int = Field(description="Paid orders that are neither cancelled nor wholly refunded")
    revenue: str = Field(description="What these orders are worth, less their refunds, whenever these came")
    average_order_value: str | None = Field(description="revenue / orders, to 2 decimals; null without an order")
    purchase_frequency: str | None = Field(description="orders / customers")
    repeat_purchase_rate: str | None = Field(
        description="Share of the customers who had ordered at least twice, ever, by the end of the month"
    )
    returning_revenue_share: str | None = Field(description="Share of the revenue from returning customers")
    customers_at_start: int = Field(
        description="Customers who were current when the month began: with an order in the `window` months before it"
    )
    lost_customers: int | None = Field(description=f"Those of them who are not current at its end{_UNKNOWN}")
    won_back_customers: int = Field(description="Customers who ordered and were not current any more")
    current_customers: int | None = Field(
        description="Customers who are current at its end: at start - lost + new + won back; null before"
    )
    retention_rate: str | None = Field(description=f"1 - churn_rate{_UNKNOWN}")
    churn_rate: str | None = Field(description=f"lost_customers / customers_at_start{_UNKNOWN}")
    revenue_churn_rate: str | None = Field(
        description=f"Share of the revenue of the `window` months before that was from the lost{_UNKNOWN}"
    )


class MonthAnswer(OrderFigures):
    """The figures of one month."""

    nps: str | None = Field(
        description="Net promoter score, -100 to 100: promoters (9 and 10) less detractors (0 to 6) of a hundred "
        "answers; of a customer's answers to one survey in one month the latest counts. Null without an answer"
    )
    nps_answers: int
    csat: str | None = Field(description="Share of the answers that are satisfied: 4 and 5 of 1 to 5, 75 of 100")
    csat_answers: int
    visitors: int = Field(
        description="Customers, and browsers of nobody who is known, with a visit in the month: a product viewed, a "
        "search, a cart, a checkout, a login. Days of visits are those of UTC"
    )
    new_visitors: int = Field(description="Those whose first visit this was")
    returning_visitors: int = Field(description="Those who had visited in an earlier month")
    returning_visitor_share: str | None = Field(description="returning_visitors / visitors; null without a visit")
    retention_point_value: str | None = Field(
        description="What one more of a hundred customers at the start brings in twelve months, retained as in this "
        f"month{_UNKNOWN}"
    )
    mrr: str = Field(
        description="Monthly recurring revenue: what the contracts that run on the last day of the month cost a "
        "month; while the month is not over, those that run today"
    )
    mrr_at_start: str = Field(description="The same of the month before")
    new_mrr: str = Field(description=f"Of customers who had no contract at the end of any month before{_SO_FAR}")
    expansion_mrr: str = Field(description=f"What customers pay more than at the end of the month before{_SO_FAR}")
    contraction_mrr: str | None = Field(description=f"What customers who still have contracts pay less{_OPEN}")
    churned_mrr: str | None = Field(description=f"What customers paid who have no contract any more{_OPEN}")
    reactivated_mrr: str = Field(description=f"Of customers who have contracts again{_SO_FAR}")
    contracts: int = Field(description="Contracts that run at the end of the month; while it is not over, today")
    contract_customers: int = Field(description="Customers with such a contract")
    contract_customers_at_start: int = Field(description="The same of the month before")
    new_contract_customers: int = Field(description=f"Those who had none at the end of any month before{_SO_FAR}")
    churned_contract_customers: int | None = Field(description=f"Customers at the start who have none now{_OPEN}")
    reactivated_contract_customers: int = Field(description=f"Customers who have contracts again{_SO_FAR}")
    contract_churn_rate: str | None = Field(
        description=f"churned_contract_customers / contract_customers_at_start{_UNKNOWN}"
    )
    mrr_churn_rate: str | None = Field(description=f"(churned_mrr + contraction_mrr) / mrr_at_start{_UNKNOWN}")
    net_mrr_retention_rate: str | None = Field(
        description="What the customers at the start pay at the end, as a share of mrr_at_start: (mrr_at_start + "
        f"expansion_mrr - contraction_mrr - churned_mrr) / mrr_at_start; above 1 where they pay more{_UNKNOWN}"
    )
    trials_started: int = Field(description=f"Trials that started in the month{_SO_FAR}")
    trials_ended: int | None = Field(description=f"Trials that ended in the month{_OPEN}")
    trials_converted: int | None = Field(
        description="Those of them that became a contract, until 14 days after their end: news of these days change "
        f"the month{_OPEN}"
    )
    trial_conversion_rate: str | None = Field(description=f"trials_converted / trials_ended{_OPEN}, and of no trials")


PartsFrom: TypeAlias = Literal["live", "snapshot", "awaited"]


class SegmentOfPart(BaseModel):
    """The segment whose customers a part has."""

    version: int = Field(description="Of the document in the snapshot; 0 is a built-in segment")
    members: int = Field(description="How many are in the segment now")
    members_at_snapshot: int = Field(description="How many were in it then, with and without orders")


class PartAnswer(BaseModel):
    """The figures of some customers alone: those with one value of a dimension. Without `months`: of all months."""

    value: str | None = Field(
        description="Null for everybody else: whose value is not known, and who is in no part of this answer"
    )
    customers: int
    orders: int
    revenue: str
    average_order_value: str | None
    repeat_purchase_rate: str | None = Field(description="Share of the customers who have ordered at least twice")
    segment: SegmentOfPart | None = Field(description="By segment alone; else null")
    months: list[OrderFigures] = Field(description="The same months as those of all customers")


class RungAnswer(BaseModel):
    """A rung of the ladder from the first order to the next ones."""

    order: int = Field(description="Number of orders; 19 is the last rung")
    customers: int = Field(description="Customers who have ordered so often, or more often")
    next: int = Field(description="Those of them who have ordered once more")
    probability: str = Field(description="next / customers. Who ordered lately has had little time for it")


class AlarmAnswer(BaseModel):
    """A figure of the last month that is over, and is worse than usual."""

    figure: str
    month: str
    value: str = Field(description="In the month; money to 2 decimals, everything else to 4")
    usual: str = Field(description="The median of the twelve months before, or as many as there are")
    owner: str = Field(description="Whose figure it is")
    act: str = Field(description="What to look at, or do, first")


class Kpis(BaseModel):
    """The figures that a shop is led by, month by month."""

    definitions: int = Field(description="Version of the definitions (docs/kpis.md)")
    calendar: str
    zone: str = Field(description="The zone in which days are counted")
    currency: str
    window: int = Field(description="For how many months an order keeps a customer current, its own month included")
    months: list[MonthAnswer] = Field(description="The oldest first; none of the future")
    by: str = Field(description="What `parts` are divided by; `month`: by nothing")
    parts: list[PartAnswer] = Field(
        description="The 50 values with the most customers of all time, those first, and everybody else; or the one "
        "`value` that was asked for, if it has customers. By segment parts overlap: a customer is in several, and "
        "there is none for everybody else"
    )
    parts_from: PartsFrom = Field(
        description="`live`: counted with each order. `snapshot`: by segment, of `parts_as_of`. `awaited`: by segment, "
        "there is none yet, or none since the segment was stored; ask again in some minutes. A shop without orders has "
        "none"
    )
    parts_as_of: datetime | None = Field(
        description="Of when `parts` are: `as_of`, or by segment when the snapshot was taken; null before the first one"
    )
    ladder: list[RungAnswer] = Field(description="Of all customers, until now")
    alarms: list[AlarmAnswer] = Field(
        description="Figures of the last month that is over which are worse than in each of the twelve months before, "
        "and by more than a tenth than their median; none with fewer than 6 months or 30 customers"
    )
    being_counted: bool = Field(
        description="True while customers of before an update of this software are still being counted"
    )
    as_of: datetime = Field(description="What was applied until then is counted")


class CohortMonth(BaseModel):
    """What a cohort did in one month."""

    since: int = Field(description="Months since the first order; 0 is its own month")
    month: str
    complete: bool
    customers: int = Field(description="Customers of the cohort who ordered in the month")
    retention: str = Field(description="Share of the cohort that did")
    orders: int
    revenue: str
    revenue_per_customer: str = Field(
        description="Revenue of the cohort from its first month up to this one, per customer of the cohort"
    )


class CohortAnswer(BaseModel):
    """Customers whose first order is of one month."""

    cohort: str
    first_day: date
    last_day: date
    complete: bool
    customers: int
    months: list[CohortMonth]


class Cohorts(BaseModel):
    """Cohorts by the month of their first order."""

    definitions: int = Field(description="Version of the definitions (docs/kpis.md)")
    calendar: str
    zone: str
    currency: str
    cohorts: list[CohortAnswer] = Field(description="The oldest first; months in which nobody ordered first have none")
    as_of: datetime
