"""What notify is told by its environment, besides what every service is told."""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends
from pydantic import Field, SecretStr, field_validator

from mandegar.service.context import Context
from mandegar.service.settings import ServiceSettings
from mandegar.web.dependencies import context
from notify.domain import quiet_hours
from notify.domain.arbiter import Policy
from notify.domain.cap import Cap


class NotifySettings(ServiceSettings):
    """Providers, the sender used where a shop has none, and the limits on marketing."""

    smtp_url: SecretStr = Field(description="smtp://[user:password@]host:port, or smtps://")
    sms_url: str = Field(description="Base address of Kavenegar or of something that speaks like it")
    sms_api_key: SecretStr
    unsubscribe_key: SecretStr = Field(
        default=SecretStr(""), description="Signs unsubscribe links, for good; from the identity key when empty"
    )
    default_sender_email: str = ""
    default_sms_sender: str = ""
    quiet_hours: str = Field(default="21:00-09:00", description="Wall clock of the customer; empty for none")
    cap_messages: int = Field(default=2, ge=0, description="Marketing messages per customer in cap_days")
    cap_days: int = Field(default=7, ge=1)
    delivery_batch: int = Field(default=20, ge=1, le=200, description="Sends claimed together")
    delivery_lease_seconds: int = Field(
        default=45, ge=3, description="Behind it a claimed send whose answer is missing is unknown; 3 x a call's limit"
    )
    delivery_concurrency: int = Field(default=4, ge=1, le=32)

    @field_validator("quiet_hours")
    @classmethod
    def readable_quiet_hours(cls, text: str) -> str:
        """Refuse a window that cannot be read, at start-up."""
        quiet_hours.parse(text)
        return text

    @property
    def lease(self) -> timedelta:
        """How long a claim is ours."""
        return timedelta(seconds=self.delivery_lease_seconds)

    @property
    def policy(self) -> Policy:
        """Quiet hours and cap as the arbiter takes them."""
        return Policy(quiet_hours.parse(self.quiet_hours), Cap(self.cap_messages, self.cap_days))

    @property
    def unsubscribe_secret(self) -> bytes:
        """The key of unsubscribe links."""
        own = self.unsubscribe_key.get_secret_value().encode()
        return own or hmac.new(self.identity_key.get_secret_value().encode(), b"unsubscribe links", sha256).digest()


NotifyCtx = Annotated[Context[NotifySettings], Depends(context)]
