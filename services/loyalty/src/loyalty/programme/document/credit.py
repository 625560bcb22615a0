"""The section ``credit`` of version 2: credit in money as another unit of the ledger."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.money import thousandths
from loyalty.domain.programme import Tier
from loyalty.programme.document.amounts import Days
from loyalty.programme.document.earn_2 import Earn2
from loyalty.programme.document.expiry import Expiry
from mandegar.documents.model import DocumentModel, Number

LEAST_STEP = Decimal("0.001")
STEP_MAX = Decimal("1e9")
# The most credit that one request is about.
CREDIT_MAX = Decimal("1e12")


def is_stored_exactly(amount: Decimal) -> Decimal:
    """The amount; raises ``ValueError`` unless the ledger has it exactly."""
    if amount % LEAST_STEP:
        raise ValueError(f"must be a whole number of {LEAST_STEP}")
    return amount


class CreditSection(DocumentModel):
    """What orders earn in credit is a whole number of ``step``. ``expiry_days`` 0: it does not expire.

    Without ``hold_days`` it is on hold as points are, without ``expiry_days`` it lasts as long as they do.
    """

    step: Annotated[Number, Field(ge=LEAST_STEP, le=STEP_MAX), AfterValidator(is_stored_exactly)]
    hold_days: Days | None = None
    expiry_days: Days | None = None

    def rules(self, earn: Earn2, tiers: tuple[Tier, ...], expiry: Expiry | None) -> CreditRules:
        """The rules of this section, and those of ``earn`` that give credit."""
        as_points = None if expiry is None else expiry.days
        days = as_points if self.expiry_days is None else self.expiry_days or None
        return CreditRules(thousandths(self.step), earn.crediting(tiers, self.step), self.hold_days, days)
