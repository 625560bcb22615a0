"""Routes of club pages."""

from typing import Annotated, Literal

from fastapi import Query

from loyalty.club.read import read_club, read_member
from loyalty.club.schemas import ClubAnswer, EntitlementsAnswer, club_fields, entitlements_fields
from mandegar.web import NOT_MODIFIED, Ctx, CustomerRead, Router, VersionedBytes
from mandegar.web.json_answer import as_bytes

Locale = Annotated[
    Literal["en", "fa"] | None, Query(description="Language of the titles of rewards; default: that of the shop")
]
router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])


@router.read("/club", ClubAnswer, summary="Get all that a club page shows of a customer", responses=NOT_MODIFIED)
async def club(ctx: Ctx, customer: CustomerRead, locale: Locale = None) -> VersionedBytes:
    """Balance, tier with the way to the next and what keeps the present one, points that expire, entitlements, rewards
    each with the reasons why the customer cannot have it, open reservations, what acts would earn, and what a point
    pays.
    """
    found = await read_club(ctx, customer)
    fields = club_fields(found, locale)
    version = found.member.version
    return VersionedBytes(as_bytes(fields), as_bytes({**fields, "as_of": None}), version, shop=customer.shop)


@router.read(
    "/entitlements", EntitlementsAnswer, summary="Get what a customer's tier entitles to", responses=NOT_MODIFIED
)
async def entitlements(ctx: Ctx, customer: CustomerRead) -> VersionedBytes:
    """The rights of the tier at `as_of`, as the programme in force states them; a tier has those of the tiers below."""
    member = await read_member(ctx, customer)
    fields = entitlements_fields(member)
    return VersionedBytes(as_bytes(fields), as_bytes({**fields, "as_of": None}), member.version, shop=customer.shop)
