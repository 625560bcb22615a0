"""The bodies of the preferences routes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from notify.domain.consent import ChannelName, Status


class ChannelPreference(BaseModel):
    """Consent to marketing on one channel."""

    consent: Status = Field(description="Only `granted` allows marketing; `unknown`: the customer never said")
    since: datetime | None = Field(description="When the consent was granted or withdrawn")
    method: str | None = Field(
        description="How the consent was given or withdrawn: `shop`, `preferences`, `one_click`, …"
    )
    has_address: bool = Field(description="Whether the customer has an address on this channel")


class Preferences(BaseModel):
    """A customer's consents by channel, without addresses."""

    customer_id: str
    channels: dict[ChannelName, ChannelPreference]
    locale: str | None
    zone: str | None = Field(description="IANA time zone, in which quiet hours are observed")
    as_of: datetime


class PreferenceChange(BaseModel):
    """The channels to change; those left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    channels: dict[ChannelName, Literal["granted", "withdrawn"]] = Field(examples=[{"email": "withdrawn"}])

    @model_validator(mode="after")
    def names_a_channel(self) -> "PreferenceChange":
        """Refuse an empty change."""
        if not self.channels:
            raise ValueError("name at least one channel")
        return self
