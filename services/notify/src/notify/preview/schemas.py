"""The body of the preview route."""

from typing import Literal

from pydantic import BaseModel, Field

from notify.domain.consent import ChannelName
from notify.domain.language import Language


class SmsPreview(BaseModel):
    """A rendered SMS and its length as operators bill it."""

    text: str
    encoding: Literal["gsm7", "ucs2"]
    units: int = Field(description="Septets (gsm7) or UTF-16 units (ucs2) of the text")
    parts: int = Field(description="Parts that the operator bills")


class Preview(BaseModel):
    """A journey's message for one customer. A mail has `subject`, `text` and `html`; an SMS has `sms`."""

    journey: str
    version: int = Field(description="0 is built in")
    channel: ChannelName
    locale: Language
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    sms: SmsPreview | None = None
