"""The section ``adjustments``."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from loyalty.domain.money import thousandths
from loyalty.domain.programme import POINTS_MAX
from loyalty.programme.document.credit import CREDIT_MAX, is_stored_exactly
from mandegar.documents.model import DocumentModel, Number, WholeNumber


class Adjustments(DocumentModel):
    """Staff may give or take up to so many points, and so much credit, alone; more needs a second person.

    A shop that states a limit for points and none for credit lets nobody give or take credit alone.
    """

    second_person_above: Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)]
    second_person_above_credit: Annotated[Number, Field(ge=0, le=CREDIT_MAX), AfterValidator(is_stored_exactly)] = (
        Decimal(0)
    )

    @property
    def credit(self) -> int:
        """The limit of credit, in thousandths."""
        return thousandths(self.second_person_above_credit)
