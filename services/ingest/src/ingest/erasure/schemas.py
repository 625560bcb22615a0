"""Bodies of erasures and readmissions."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class ErasureBegun(BaseModel):
    """An erasure that is in force."""

    erasure_id: UUID = Field(
        description="Id of the erasure. `GET /v1/erasures/{erasure_id}` on each service says what it has erased"
    )
    customer_id: str = Field(
        description="The customer who was erased, under all ids. Another id than the one in the path if that one was "
        "merged"
    )
    status: Literal["erased", "already_erased"] = Field(
        description="already_erased: the person was erased before, and nothing has changed"
    )


class Readmitted(BaseModel):
    """A customer who may come again."""

    customer_id: str = Field(description="The customer, under all ids that were erased")
    erasure_id: UUID = Field(description="The erasure that was lifted. What it erased stays erased")
