"""Bodies of the key routes."""

from pydantic import BaseModel, Field


class Key(BaseModel):
    """A new key."""

    source_id: str
    key: str = Field(description="The key. It is not stored and cannot be shown again")
    prefix: str = Field(description="The public part of the key, which names it in lists and when it is revoked")
