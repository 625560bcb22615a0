"""Bodies of merges and splits."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

KEPT_BY_ROOT = (
    "Everything that happened before stays with the customer named by root: orders, points, purchases, messages, "
    "addresses and consents. It cannot be taken apart. Events that are sent for customer_id from now on are its own "
    "again, and reads show those alone. No event merges it again; the merge route does"
)


class MergeRequest(BaseModel):
    """Which id is to be merged."""

    model_config = ConfigDict(extra="forbid")
    alias: str = Field(
        min_length=1,
        max_length=320,
        description="Another id of the customer: the shop's id, a mail address, a phone number, or an id that begins "
        "with g_ or a_ as answers show it",
    )


class Merged(BaseModel):
    """An alias and its customer."""

    customer_id: str = Field(
        description="The customer to whom everything belongs that either did. Another id than the one in the path if "
        "that one was itself merged"
    )
    alias: str
    version: int = Field(description="Grows with each merge and split of the alias")
    status: Literal["merged", "already_merged"] = Field(
        description="already_merged: they were one customer before, and nothing has changed"
    )


class Split(BaseModel):
    """An alias that is a customer of its own again."""

    customer_id: str
    root: str = Field(description="The customer into whom it had been merged")
    version: int = Field(description="Grows with each merge and split of the id")
    kept_by_root: str = Field(description="What cannot be taken apart, in words")
