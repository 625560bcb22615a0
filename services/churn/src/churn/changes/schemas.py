"""Answers about changed customers. Times are UTC, money is decimal strings in the shop's currency."""

from datetime import datetime

from pydantic import BaseModel, Field

from mandegar.events.churn import Band


class ChangedCustomer(BaseModel):
    """A customer as they are now. Of one who is merged or erased everything else is null or empty."""

    customer_id: str
    merged_into: str | None = Field(
        description="The customer whom this one turned out to be, and who has all that this one had"
    )
    erased: bool = Field(description="Nothing is held of this customer any more: delete what you hold")
    band: Band | None = Field(description="The band that was published last; null before the first purchase")
    band_since: datetime | None
    value_at_risk: str | None = Field(description="As of band_since: what a list is sorted by")
    tier: str | None = Field(description="The tier that loyalty published last")
    segments: list[str] = Field(description="Names of the segments in which the customer is")


class ChangedCustomers(BaseModel):
    """Changed customers in the order of their latest changes."""

    customers: list[ChangedCustomer]
    next_cursor: str = Field(description="Pass as `since` next time, whether there is more already or not")
    more: bool = Field(description="Whether to ask again at once: the page is full. It may be shorter than `limit`")
    complete_until: datetime | None = Field(
        description="Once `more` is false, whatever had changed by then was listed: some seconds ago. Older, a "
        "transaction in any database of the server that has been writing since holds the list up, and an empty page "
        "does not mean that nothing has changed. Null: that is not known, after a day or a restore"
    )
    as_of: datetime = Field(description="When this was answered")
