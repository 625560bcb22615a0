"""The answer about visits. Times are UTC."""

from datetime import datetime

from pydantic import BaseModel, Field


class Visits(BaseModel):
    """How often and how lately a customer interacted with the shop, orders left out."""

    customer_id: str
    visits: int = Field(description="Number of views, carts, log-ins, reviews, survey answers and tickets")
    last_visit_at: datetime | None = Field(description="Time of the last visit; null before the first")
    days_since_last_visit: int | None = Field(description="Calendar days of the shop; 0 on the day of the visit")
    as_of: datetime
