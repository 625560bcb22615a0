"""Routes of challenges and badges."""

from typing import Any

from loyalty.club.achievement_schemas import BadgesAnswer, ChallengesAnswer, badge_fields, challenge_fields
from loyalty.club.achievements import Achiever, read_achievements
from mandegar.web import NOT_MODIFIED, Ctx, CustomerRead, Router, VersionedBytes, errors
from mandegar.web.json_answer import as_bytes

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])
_ERRORS = {
    **NOT_MODIFIED,
    **errors((409, "account_too_large", "the account is so large that it cannot be computed at present")),
}


@router.read("/challenges", ChallengesAnswer, summary="Challenges, and how far a customer is", responses=_ERRORS)
async def challenges(ctx: Ctx, customer: CustomerRead) -> VersionedBytes:
    """Each challenge of the programme in force: what is done and missing, until when, and when it was completed.

    What counted for a challenge and was refunded or cancelled counts no more.
    """
    achiever = await read_achievements(ctx, customer)
    return _answer(achiever, {"challenges": [challenge_fields(each) for each in achiever.standings.challenges]})


@router.read("/badges", BadgesAnswer, summary="Badges, and which of them a customer has", responses=_ERRORS)
async def badges(ctx: Ctx, customer: CustomerRead) -> VersionedBytes:
    """Each badge of the programme in force, and those that the customer won under another."""
    achiever = await read_achievements(ctx, customer)
    return _answer(achiever, {"badges": [badge_fields(each) for each in achiever.standings.badges]})


def _answer(achiever: Achiever, fields: dict[str, Any]) -> VersionedBytes:
    fields = {"customer_id": achiever.customer.customer_id, **fields, "version": achiever.version}
    body = as_bytes({**fields, "as_of": achiever.as_of})
    return VersionedBytes(body, as_bytes({**fields, "as_of": None}), achiever.version, shop=achiever.customer.shop)
