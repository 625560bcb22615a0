"""The numbers of a programme, within their bounds, and the currency that amounts are in."""

from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo

from loyalty.domain.programme import DAYS_MAX
from mandegar.documents.model import Number, WholeNumber

AMOUNT_MAX = Decimal("1e15")
LEAST_PER = Decimal("0.000001")
# So that points of the largest order, and the sums over many, can be stored.
POINTS_PER_UNIT_MAX = 1000


def _not_too_small(number: Decimal) -> Decimal:
    if number and number.adjusted() < -9:
        raise ValueError("must be 0 or at least 0.000000001")
    return number


def _is_the_shops(currency: str, info: ValidationInfo) -> str:
    if info.context and currency != info.context["currency"]:
        raise ValueError(f"must be {info.context['currency']}, the currency of the shop")
    return currency


Amount: TypeAlias = Annotated[Number, Field(ge=0, le=AMOUNT_MAX), AfterValidator(_not_too_small)]
Per: TypeAlias = Annotated[Number, Field(ge=LEAST_PER, le=AMOUNT_MAX)]
Multiplier: TypeAlias = Annotated[Number, Field(ge=0, le=1000), AfterValidator(_not_too_small)]
Days: TypeAlias = Annotated[WholeNumber, Field(ge=0, le=DAYS_MAX)]
SomeDays: TypeAlias = Annotated[WholeNumber, Field(ge=1, le=DAYS_MAX)]
ShopsCurrency: TypeAlias = Annotated[str, AfterValidator(_is_the_shops)]
