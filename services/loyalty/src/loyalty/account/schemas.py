"""Answers about accounts. Points are integers, instants RFC 3339 in UTC."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from loyalty.account.credit_answers import CreditAnswer, CreditLotAnswer, credit_fields
from loyalty.account.packing import unpack_credit
from loyalty.domain.account import Account, balance_of, credit_of
from loyalty.domain.acts import Act
from loyalty.domain.attained import Attained
from loyalty.domain.expiries import expiries
from loyalty.domain.posting import Balance
from loyalty.programme.rows import Rules
from mandegar.database import Row
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us


class NextExpiry(BaseModel):
    """The next usable points to expire."""

    points: int
    at: datetime


class BalanceAnswer(BaseModel):
    """The points and the tier of a customer."""

    customer_id: str
    available: int = Field(description="Points that can be used now")
    pending: int = Field(description="Points on hold after a payment; usable when the hold ends")
    held: int = Field(description="Points reserved by a redemption")
    debt: int = Field(description="Points to be repaid by the next points that become usable")
    lifetime: int = Field(
        description="Points earned in total or brought along, less those taken back for refunds and cancellations"
    )
    credits: list[CreditAnswer] = Field(
        [], description="Credit in money, beside points; absent if the customer never had any, or has none at `at`"
    )
    tier: str | None = Field(
        description="Null only where it is not known exactly: with `known_at`, because the orders known then are not "
        "kept, and with a past `at` for customers with more than a thousand orders"
    )
    tier_until: datetime | None = Field(
        description="When the tier ends if no further orders come: the orders that it rests on are too old by then, "
        "and no grant (`tier.granted`) holds it; null: it does not end, or `at` lies in the past"
    )
    next_expiry: NextExpiry | None = Field(description="Null if `at` lies in the past")
    as_of: datetime = Field(description="The instant for which this balance is correct")
    version: int = Field(description="Increases with every published change; compare with the `version` of events")
    known_at: datetime | None = Field(
        default=None, description="Present with `at` or `known_at`: entries posted later are left out; null: none are"
    )
    projected: bool = Field(
        default=False,
        description="Present with `at` or `known_at`: whether `as_of` lies in the future; the balance then assumes "
        "that no event comes",
    )


class ActAnswer(BaseModel):
    """Something that a customer did, other than a purchase."""

    type: str = Field(description="The type of its event, such as review.submitted")
    id: str = Field(
        description="What distinguishes it from other acts of this type: the day of a login (days are counted from the "
        "first of year 1), the product of a review, the survey, the field of a profile; of act.done its name, a slash, "
        "and its subject or else its event"
    )


def act_answer(act: Act | None) -> ActAnswer | None:
    """An act as answers show it."""
    return None if act is None else ActAnswer(type=act.type, id=act.id)


class CompletionAnswer(BaseModel):
    """One completion of a challenge."""

    name: str = Field(description="The name of the challenge in the programme")
    id: str = Field(description="What distinguishes it from other completions of the challenge")


def completion_answer(attained: Attained | None) -> CompletionAnswer | None:
    """A completion as answers show it."""
    return None if attained is None else CompletionAnswer(name=attained.name, id=attained.id)


class JudgedAct(BaseModel):
    """What an act was given."""

    act: ActAnswer
    at: datetime
    rule: str | None = Field(
        description="The first rule about the act whose conditions hold, else the first rule about the act"
    )
    programme_version: int
    points_wanted: int = Field(description="What the rule offers")
    points: int = Field(description="What was given")
    reason: str | None = Field(
        description="Why less was given than offered: no_rule (no rule is about this act, or it is from before the "
        "rule was stored), outside_window, tier_required, profile_incomplete, not_bought, other_place, paid_before "
        "(the rule pays once), cooldown, limit_reached (the rule pays only so often in a period), cap_reached or "
        "budget_exhausted (that of the shop, when the act was judged); null: all was given"
    )
    lot_id: UUID | None = Field(description="The lot of its points in the ledger; null: nothing was given")


class ActsAnswer(BaseModel):
    """Acts of a customer, the newest first."""

    customer_id: str
    acts: list[JudgedAct]
    next_before: str | None = Field(description="`before` of the next page; null: there are no more")
    as_of: datetime = Field(description="The instant up to which the answer is complete")
    version: int


class LotAnswer(BaseModel):
    """The points of one order or another act, or points that were brought along from another club."""

    lot_id: UUID
    order_id: str | None = Field(
        description="The order that earned the points; null: another act earned them, or they were brought along"
    )
    opening_id: str | None = Field(
        description="The shop's `lot_id` of points that were brought along (`points.opened`)"
    )
    adjustment_id: UUID | None = Field(description="The adjustment by which staff gave the points, if it is one")
    act: ActAnswer | None = Field(description="The act that earned the points, if it was no order")
    referral: str | None = Field(
        description="`friend`: the customer was referred. Else the id of a referral that the customer made. Null: none"
    )
    challenge: CompletionAnswer | None = Field(description="The completed challenge that gave the points, if it is one")
    earned_at: datetime = Field(
        description="When the order was paid or the act was done, or as of when the points were brought along"
    )
    active_at: datetime = Field(description="When the hold ends")
    expires_at: datetime | None = Field(description="Null: the points do not expire")
    unit: str = Field(description="`points`, or the currency of credit: the figures of a lot of credit are in `credit`")
    points: int = Field(description="What the order earns after refunds, or what was brought along")
    pending: int
    available: int
    held: int = Field(description="Points of the lot that are reserved by redemptions")
    tier: str | None = Field(description="The tier whose multiplier applied; null: none did, because it is no order")
    programme_version: int
    rules: dict[str, int] | None = Field(
        description="The points that each rule of the programme gives for the order or act; null: the programme has "
        "one rate, or the lot is of credit"
    )
    credit: CreditLotAnswer | None = Field(description="Of a lot of credit, its figures; those of points are 0")


class EntryAnswer(BaseModel):
    """One entry of the ledger, in signed points, or in credit."""

    entry_id: UUID
    version: int = Field(description="The customer's `version` at this entry")
    lot_id: UUID
    order_id: str | None = Field(
        description="The order whose effect the entry is; null: it is the effect of another act, or of points that "
        "were brought along"
    )
    opening_id: str | None = Field(
        description="The shop's `lot_id` of points that were brought along, if the entry is their effect"
    )
    adjustment_id: UUID | None = Field(
        description="The adjustment by which staff gave the points, if the entry is the effect of one"
    )
    act: ActAnswer | None = Field(description="The act whose effect the entry is, if it is no order")
    referral: str | None = Field(
        description="`friend`: the customer was referred. Else the id of a referral that the customer made. Null: none"
    )
    challenge: CompletionAnswer | None = Field(description="The completed challenge whose effect the entry is, if one")
    kind: str = Field(
        description="earn, open (brought along), activate, reverse, expire, repay, hold (reserve), spend or release"
    )
    bucket: str = Field(description="The points it changes: pending, available, held or debt")
    points: int = Field(description="0 where the entry is of credit")
    unit: str = Field(description="`points`, or the currency of credit")
    amount: str | None = Field(description="Signed credit, as decimal text; null: the entry is of points")
    cause: UUID | None = Field(
        description="The event whose effect the entry is, or the redemption whose reservation ended by itself; null if "
        "time alone caused it"
    )
    triggered_by: UUID | None = Field(
        description="The event on whose arrival the entry was posted. It differs from `cause` if a late event corrects "
        "earlier entries; null if no event arrived"
    )
    programme_version: int | None
    rules: list[str] | None = Field(
        description="The rules of the programme by whose points the entry changes the order or act; null: the "
        "programme has one rate, or the entry changes no points of an order, such as the end of a hold"
    )
    effective_at: datetime
    posted_at: datetime
    earned_as: str | None = Field(
        description="The id under which these points were earned, if it has turned out to be the same person as this "
        "customer; null: under this customer's own"
    )


class UnknownTier(BaseModel):
    """A tier that was granted to customers, and that the shop's programme does not have."""

    tier: str = Field(
        description="As it was sent; if it did not look like an id, its hash (`h_`): name such a level by its place"
    )
    customers: int


class OpeningBalances(BaseModel):
    """What the customers of a shop brought along."""

    customers: int = Field(description="Customers with points that were brought along")
    lots: int
    points: int = Field(description="Points of all lots, as they are stated now (`points.opened`)")
    unknown_tiers: list[UnknownTier] = Field(
        description="Granted tiers (`tier.granted`) that no version of the programme has. They have no effect until a "
        "version has them"
    )
    as_of: datetime


class LedgerAnswer(BaseModel):
    """A page of the lots that have points left, and a page of ledger entries."""

    customer_id: str
    lots: list[LotAnswer] = Field(description="In the order of their payment")
    next_lots_after: str | None = Field(
        description="Pass as `lots_after` to get the next page of lots; null on the last page"
    )
    entries: list[EntryAnswer] = Field(description="Newest first")
    next_before: int | None = Field(description="Pass as `before` to get the next page; null on the last page")
    as_of: datetime | None = Field(description="The instant up to which the ledger is complete")
    version: int


def stored_balance_fields(key: CustomerKey, row: Row, as_of: datetime) -> dict[str, Any]:
    """The fields of ``BalanceAnswer`` in a row of ``READ_BALANCE``, as JSON encoders take them."""
    expiry_at = row["next_expiry_at"]
    return {
        "customer_id": key.customer_id,
        **{bucket: row[bucket] for bucket in Balance._fields},
        **credit_fields(unpack_credit(row["credit"])),
        "tier": row["tier"],
        "tier_until": row["tier_until"],
        "next_expiry": None if expiry_at is None else {"points": row["next_expiry_points"], "at": expiry_at},
        "as_of": as_of,
        "version": row["version"],
    }


def computed_balance_fields(key: CustomerKey, account: Account, rules: Rules, now: datetime) -> dict[str, Any]:
    """The fields of ``BalanceAnswer`` of an account that is walked up to ``now``, as JSON encoders take them."""
    at = max(to_us(now), account.settled_at or 0)
    timeline = account.at(*rules, at)
    expiry = next(({"points": points, "at": from_us(at)} for at, points in expiries(timeline.lots)), None)
    return {
        "customer_id": key.customer_id,
        **balance_of(timeline)._asdict(),
        **credit_fields(credit_of(timeline)),
        "tier": timeline.programme.tiers[timeline.tier].name,
        "tier_until": None if timeline.tier_until is None else from_us(timeline.tier_until),
        "next_expiry": expiry,
        "as_of": from_us(at),
        "version": account.version,
    }
