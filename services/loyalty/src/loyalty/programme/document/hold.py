"""The section ``hold``."""

from typing import Literal, Self

from pydantic import Field, model_validator

from loyalty.programme.document.amounts import Days, SomeDays
from mandegar.documents.model import DocumentModel, located


class Hold(DocumentModel):
    """How long points wait after the payment before they can be used."""

    days: Days


class Hold2(Hold):
    """The hold of version 2, which may begin with the delivery: without one, ``wait_days`` after the payment."""

    begin: Literal["payment", "delivery"] = Field("payment", alias="from")
    wait_days: SomeDays | None = None

    @model_validator(mode="after")
    def _waits_for_a_delivery(self) -> Self:
        if self.begin == "delivery" and self.wait_days is None:
            raise located(
                (("from",), "a hold from the delivery needs wait_days: it begins then if no delivery is told")
            )
        if self.begin == "payment" and self.wait_days is not None:
            raise located((("wait_days",), "only a hold from the delivery waits"))
        return self
