"""A whole document of version 1."""

from typing import Literal, Self

from pydantic import ValidationInfo, model_validator

from loyalty.domain.programme import Programme
from loyalty.programme.document.amounts import POINTS_PER_UNIT_MAX, ShopsCurrency
from loyalty.programme.document.earn import Earn
from loyalty.programme.document.expiry import Expiry
from loyalty.programme.document.hold import Hold
from loyalty.programme.document.tiers import Tiers
from mandegar.documents.model import DocumentModel, is_new, located


class ProgrammeDocument(DocumentModel):
    """The whole document. It is checked against the currency of its shop, given as ``currency``."""

    version: Literal["1"]
    currency: ShopsCurrency
    earn: Earn
    hold: Hold = Hold(days=0)
    expiry: Expiry | None = None
    tiers: Tiers

    @model_validator(mode="after")
    def _earns_what_can_be_stored(self, info: ValidationInfo) -> Self:
        most = max(level.multiplier for level in self.tiers.levels)
        if is_new(info) and self.earn.points * most > POINTS_PER_UNIT_MAX * self.earn.per:
            raise located(
                (
                    ("earn",),
                    f"points / per, times the highest multiplier, must be at most {POINTS_PER_UNIT_MAX}"
                    " points for one unit of the currency",
                )
            )
        return self

    def programme(self, *, version: int, effective_from: int, stored_at: int | None = None) -> Programme:  # noqa: ARG002
        """The rules that this document states, as one version of a shop's programme."""
        return Programme(
            version=version,
            effective_from=effective_from,
            currency=self.currency,
            points=self.earn.points,
            per=self.earn.per,
            hold_days=self.hold.days,
            expiry_days=self.expiry.days if self.expiry else None,
            warn_days=self.expiry.warn_days if self.expiry else 0,
            window_days=self.tiers.window_days,
            tiers=self.tiers.in_order(),
        )
