"""The section ``spend`` of version 2: points as a part of a payment."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, model_validator

from loyalty.domain.money import billionths
from loyalty.domain.part_payment import Spending
from loyalty.domain.programme import POINTS_MAX
from loyalty.programme.document.amounts import AMOUNT_MAX
from loyalty.programme.document.words import Words
from mandegar.documents.model import DocumentModel, Number, WholeNumber, is_new, located

LEAST_VALUE = Decimal("0.000000001")
Percent = Annotated[Number, Field(ge=0, le=100)]


class Share(DocumentModel):
    """Which part of what is payable points may pay, in per cent."""

    min: Percent = Decimal(0)
    max: Percent = Decimal(100)

    @model_validator(mode="after")
    def _leaves_something(self, info: ValidationInfo) -> Self:
        if self.min > self.max:
            raise located((("min",), "must be at most max: otherwise no payment is possible"))
        if not self.max and is_new(info):
            raise located((("max",), "must be more than 0: otherwise nothing can be paid with points"))
        return self


class Excluded(DocumentModel):
    """Goods that are not paid with points."""

    categories: Words | None = None
    products: Words | None = None


class Spend(DocumentModel):
    """A point pays ``value`` of an invoice."""

    value: Annotated[Number, Field(ge=LEAST_VALUE, le=AMOUNT_MAX)]
    minimum_points: Annotated[WholeNumber, Field(ge=1, le=POINTS_MAX)] = 1
    share: Share = Share()
    exclude: Excluded = Excluded()

    def spending(self) -> Spending:
        """The rules of this section."""
        return Spending(
            value=billionths(self.value),
            minimum_points=self.minimum_points,
            share_min=Fraction(self.share.min) / 100,
            share_max=Fraction(self.share.max) / 100,
            categories=frozenset(self.exclude.categories or ()),
            products=frozenset(self.exclude.products or ()),
        )
