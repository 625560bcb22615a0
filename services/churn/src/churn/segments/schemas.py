"""Answers about segments. Times are UTC."""

from datetime import datetime

from pydantic import BaseModel, Field


class SegmentAnswer(BaseModel):
    """A segment as it is in force."""

    name: str
    version: int = Field(description="Counts from 1; 0 is a built-in segment")
    built_in: bool
    description: str
    publish: bool = Field(description="Whether `segment.entered` and `segment.left` are published")
    customers: int = Field(description="How many customers are in the segment now")
    complete: bool = Field(
        description="False while customers are brought under the segments of the shop: the number still changes"
    )
    changed_at: datetime | None = Field(description="When this version was stored; null for a built-in segment")
    document: str = Field(description="The text as it was sent")


class SegmentList(BaseModel):
    """All segments of a shop, by name."""

    segments: list[SegmentAnswer]
    as_of: datetime


class MemberAnswer(BaseModel):
    """A customer in a segment."""

    customer_id: str
    since: datetime = Field(description="When the customer entered the segment")


class MemberList(BaseModel):
    """One page of the customers in a segment."""

    customers: list[MemberAnswer]
    next_cursor: str | None = Field(description="Pass as cursor to get the next page; null on the last page")
    as_of: datetime


class MembershipAnswer(BaseModel):
    """A segment in which a customer is."""

    segment: str
    since: datetime = Field(description="When the customer entered the segment")


class MembershipList(BaseModel):
    """The segments in which a customer is, by name."""

    customer_id: str
    segments: list[MembershipAnswer]
    as_of: datetime


class Estimate(BaseModel):
    """How many customers a document would have now, from a sample."""

    customers: int = Field(description="The number to expect, of all customers of the shop")
    at_least: int = Field(description="The lower end of the interval that holds the number in 95 of 100 estimates")
    at_most: int = Field(description="The upper end of that interval")
    unknown: int = Field(
        description="How many customers to expect about whom the condition cannot decide, because a value is missing"
    )
    sampled: int = Field(description="How many customers were looked at")
    of: int = Field(description="All customers of the shop that can be in a segment")
    as_of: datetime
