"""What a shop writes of a redemption: the id of an order, and a note. Topics have them as they are published."""

from typing import Any, NamedTuple

from loyalty.redemptions.rows import RedemptionRow
from mandegar.events.identity import is_opaque, opaque_word
from mandegar.events.written import plain_id
from mandegar.service.context import Context


class Texts(NamedTuple):
    """Both as they are published, and as the shop wrote them unless that looks like an id."""

    order_id: str | None = None
    reference: str | None = None
    order_written: str | None = None
    reference_written: str | None = None

    def are_of(self, row: RedemptionRow) -> bool:
        """Whether a stored redemption has these texts; those of earlier releases are stored as they were written."""
        orders = {self.order_id, self.order_written or self.order_id}
        references = {self.reference, self.reference_written or self.reference}
        return row.order_id in orders and row.reference in references


NONE = Texts()


async def texts_of(ctx: Context[Any], shop: str, order_id: str | None, reference: str | None) -> Texts:
    """The texts of a request."""
    return Texts(
        None if order_id is None else await ctx.id_forms.order_id(shop, order_id),
        None if reference is None else published_note(reference, shop, ctx.identity_key),
        _unless_opaque(order_id),
        _unless_opaque(reference),
    )


def published_note(text: str, shop: str, key: bytes) -> str:
    """A note as it is published, also by a shop whose ids are published as it sends them: people write in it."""
    return opaque_word(plain_id(text), shop=shop, key=key)


def _unless_opaque(text: str | None) -> str | None:
    return None if text is None or is_opaque(text) else text
