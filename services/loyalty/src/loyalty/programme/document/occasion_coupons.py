"""The coupon that an occasion gives instead of points."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from loyalty.domain.act_rules import OccasionCoupon
from loyalty.domain.programme import DAYS_MAX
from loyalty.programme.document.amounts import Amount
from loyalty.programme.document.words import Text
from mandegar.documents.model import DocumentModel, Number, WholeNumber, located
from mandegar.documents.nodes import Path

_NEEDS = {
    "amount_off": ("amount",),
    "percent_off": ("percent", "at_most"),
    "free_shipping": (),
    "product": ("products",),
}
_MAY = {"free_shipping": ("at_most",)}
_OF_KINDS = ("amount", "percent", "at_most", "products")
PREFIX = "^[A-Z0-9]{0,12}$"


class CouponOf(DocumentModel):
    """What a coupon gives, as a reward of the catalogue states it. It is good for ``valid_days`` after the day."""

    kind: Literal["amount_off", "percent_off", "free_shipping", "product"]
    amount: Amount | None = None
    percent: Annotated[Number | None, Field(ge=Decimal("0.01"), le=100)] = None
    at_most: Amount | None = None
    products: Annotated[list[Text] | None, Field(min_length=1, max_length=50)] = None
    minimum_spend: Amount | None = None
    valid_days: Annotated[WholeNumber, Field(ge=0, le=DAYS_MAX)]
    prefix: Annotated[str, Field(pattern=PREFIX)] = ""
    back_on_cancel: bool = False

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needs = _NEEDS[self.kind]
        allowed = (*needs, *_MAY.get(self.kind, ()))
        errors: list[tuple[Path, str]] = [
            ((), f"a coupon of the kind {self.kind} needs {name}") for name in needs if getattr(self, name) is None
        ]
        for name in (*_OF_KINDS, "minimum_spend"):
            value = getattr(self, name)
            if value is not None and name in _OF_KINDS and name not in allowed:
                errors.append(((name,), f"a coupon of the kind {self.kind} has no {name}"))
            elif isinstance(value, Decimal) and value <= 0:
                errors.append(((name,), "must be more than 0"))
        if errors:
            raise located(*errors)
        return self

    def coupon(self) -> OccasionCoupon:
        """The coupon as it is given."""
        terms: dict[str, str | bool | tuple[str, ...]] = {}
        for name in (*_OF_KINDS, "minimum_spend"):
            if (value := getattr(self, name)) is not None:
                terms[name] = tuple(value) if isinstance(value, list) else f"{value:f}"
        if self.back_on_cancel:
            terms["back_on_cancel"] = True
        return OccasionCoupon(self.kind, tuple(sorted(terms.items())), self.valid_days, self.prefix)
