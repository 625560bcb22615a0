"""The secrets of a browser source."""

from typing import Annotated

from pydantic import BaseModel, Field

from ingest.desk.require_source import SourceId
from ingest.desk.visitors.make import make_secret
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require

router = Router(prefix="/v1/sources/{source_id}/visitor-secrets", tags=["sources"])


class VisitorSecret(BaseModel):
    """A new secret."""

    source_id: str
    visitor_secret: str = Field(description="The secret. It is not shown again; keep it on the shop's server")


@router.post(
    "",
    status_code=201,
    summary="Create another secret for the proof of visitors",
    responses=errors(
        (404, "unknown_source", "the shop has no source with this id"),
        (409, "not_a_browser_source", "only visitors of a browser source need a proof"),
    ),
    openapi_extra=audited("secret.make"),
)
async def post_secret(
    ctx: Ctx, _: Annotated[Principal, require("sources:write")], act: Acting, source_id: SourceId
) -> VisitorSecret:
    """The answer is the only one that contains the secret. The two newest work, within five seconds.

    The proof of a visitor is the HMAC-SHA256 of `customer.id` under the secret, in lower-case hexadecimal. The shop's
    server computes it for the customer who is logged in, and the page sends it as `customer.proof`.
    """
    return VisitorSecret(source_id=source_id, visitor_secret=await make_secret(ctx, act, source_id))
