"""The section ``adjustments``."""

from typing import Annotated

from pydantic import Field

from loyalty.domain.programme import POINTS_MAX
from mandegar.documents.model import DocumentModel, WholeNumber


class Adjustments(DocumentModel):
    """Staff may give or take up to so many points alone; more needs a second person."""

    second_person_above: Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)]
