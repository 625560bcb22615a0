"""Money and credit as requests state them: decimal text, because JSON has no exact numbers."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from loyalty.programme.document import AMOUNT_MAX
from loyalty.programme.document.credit import CREDIT_MAX, is_stored_exactly
from mandegar.quantities import decimal_of


def _amount(text: Any) -> Decimal:
    if not isinstance(text, str):
        raise ValueError('must be a decimal number as text, such as "250000"')  # noqa: TRY004  pydantic's error
    return decimal_of(text)


MoneyText = Annotated[Decimal, BeforeValidator(_amount), Field(ge=0, le=AMOUNT_MAX)]
CreditText = Annotated[MoneyText, Field(gt=0, le=CREDIT_MAX), AfterValidator(is_stored_exactly)]
SignedCreditText = Annotated[
    Decimal, BeforeValidator(_amount), Field(ge=-CREDIT_MAX, le=CREDIT_MAX), AfterValidator(is_stored_exactly)
]
