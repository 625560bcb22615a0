"""Routes of club pages."""

from loyalty.club.read import read_member
from loyalty.club.schemas import ClubAnswer, EntitlementsAnswer, club_fields, entitlements_fields
from mandegar.web import NOT_MODIFIED, Ctx, CustomerRead, Router, VersionedBytes
from mandegar.web.json_answer import as_bytes

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])


@router.read("/club", ClubAnswer, summary="All that a club page shows of a customer", responses=NOT_MODIFIED)
async def club(ctx: Ctx, customer: CustomerRead) -> VersionedBytes:
    """Balance, tier with the way to the next and what keeps the present one, points that expire, and entitlements."""
    member = await read_member(ctx, customer)
    fields = club_fields(member)
    return VersionedBytes(as_bytes(fields), as_bytes({**fields, "as_of": None}), member.version, shop=customer.shop)


@router.read("/entitlements", EntitlementsAnswer, summary="What a customer's tier entitles to", responses=NOT_MODIFIED)
async def entitlements(ctx: Ctx, customer: CustomerRead) -> VersionedBytes:
    """The rights of the tier at `as_of`, as the programme in force states them; a tier has those of the tiers below."""
    member = await read_member(ctx, customer)
    fields = entitlements_fields(member)
    return VersionedBytes(as_bytes(fields), as_bytes({**fields, "as_of": None}), member.version, shop=customer.shop)
