"""The section ``guards`` of version 2: what the programme may come to at most."""

from typing import Annotated, Self

from pydantic import Field, ValidationInfo, model_validator

from loyalty.domain.guards import Guards
from loyalty.programme.document.amounts import AMOUNT_MAX
from loyalty.programme.document.spend import LEAST_VALUE
from mandegar.documents.model import DocumentModel, Number, is_new, located

Limit = Annotated[Number, Field(ge=0, le=AMOUNT_MAX)]
# Points may cost more than was sold, but nobody states a limit beyond this.
SHARE_MAX = 1_000


class GuardsSection(DocumentModel):
    """``liability`` in money, ``cost_share`` in per cent of the revenue of the last 90 days."""

    liability: Limit | None = None
    cost_share: Annotated[Number, Field(ge=0, le=SHARE_MAX)] | None = None
    value_per_point: Annotated[Number, Field(ge=LEAST_VALUE, le=AMOUNT_MAX)] | None = None

    @model_validator(mode="after")
    def _guard_something(self, info: ValidationInfo) -> Self:
        if self.liability is None and self.cost_share is None and is_new(info):
            raise located(((), "states no limit: liability or cost_share"))
        return self

    def check_value(self, *, spends: bool) -> None:
        """Exactly one section may say what a point is worth."""
        if spends and self.value_per_point is not None:
            raise located((("guards", "value_per_point"), "spend.value says what a point is worth"))
        if not spends and self.value_per_point is None:
            raise located((("guards",), "needs value_per_point, because there is no spend.value"))

    def guards(self) -> Guards:
        """The limits of this section."""
        share = None if self.cost_share is None else self.cost_share / 100
        return Guards(self.liability, share, self.value_per_point)
