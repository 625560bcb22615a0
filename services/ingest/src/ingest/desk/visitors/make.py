"""Creating another secret of a source, for the proof of its visitors."""

from ingest.desk.require_source import require_source
from ingest.sources import rows
from ingest.sources.new_key import new_secret
from mandegar.database import Act, as_shop_writing
from mandegar.service.context import Context
from mandegar.web import Problem


async def make_secret(context: Context, act: Act, source_id: str) -> str:
    """Write a new secret, which is returned this once; the one before the last stops working.

    Raises ``Problem`` 409 for a server source, whose key is proof enough.
    """
    secret = new_secret()
    async with as_shop_writing(context.web, act) as connection:
        row = await require_source(connection, act.shop, source_id, lock=True)
        if row["trust"] != "browser":
            raise Problem(409, "not_a_browser_source", "Only visitors of a browser source need a proof")
        await rows.add_visitor_secret(connection, source_id, secret)
    return secret
