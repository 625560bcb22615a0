"""Answers about changed customers. Times are UTC, money is decimal strings in the shop's currency."""

from datetime import datetime

from pydantic import BaseModel, Field

from mandegar.events.churn import Band


class ChangedCustomer(BaseModel):
    """A customer as they are now. For a merged or erased customer, everything else is null or empty."""

    customer_id: str
    merged_into: str | None = Field(
        description="The customer into whom this one was merged, who has all that this one had"
    )
    erased: bool = Field(description="Whether the customer was erased: delete what you hold of them")
    band: Band | None = Field(description="The band that was published last; null before the first purchase")
    band_since: datetime | None
    value_at_risk: str | None = Field(description="Value at risk as of band_since, by which lists are sorted")
    tier: str | None = Field(description="The tier that loyalty published last")
    segments: list[str] = Field(description="Names of the segments in which the customer is")


class ChangedCustomers(BaseModel):
    """Changed customers in the order of their latest changes."""

    customers: list[ChangedCustomer]
    next_cursor: str = Field(description="Pass as `since` next time, whether there is more already or not")
    more: bool = Field(description="Whether there is more: ask again at once. A page may be shorter than `limit`")
    complete_until: datetime | None = Field(
        description="Once `more` is false, every change up to this instant has been listed; it is usually some seconds "
        "ago. If it is older, a long transaction in a database of the server holds the list up, and an empty page does "
        "not mean that nothing has changed. Null: not known, as after a restore"
    )
    as_of: datetime = Field(description="When this was answered")
