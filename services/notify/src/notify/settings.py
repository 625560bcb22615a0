"""The settings of notify, beside those of every service."""

import hmac
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends
from pydantic import Field, SecretStr, field_validator

from mandegar.environment import Insecure
from mandegar.events.addresses import parse_address
from mandegar.service.context import Context
from mandegar.service.settings import KEY_LENGTH_MIN, ServiceSettings, keys_of
from mandegar.web.dependencies import context
from notify.domain import quiet_hours
from notify.domain.arbiter import Policy
from notify.domain.cap import Cap


class NotifySettings(ServiceSettings):
    """Providers, the sender used where a shop has none, and the limits on marketing."""

    smtp_url: SecretStr = Field(
        description="smtps:// or smtp+starttls://[user:password@]host:port; smtp:// uses TLS only if it is offered"
    )
    smtp_ca_file: str = Field(
        default="",
        description="PEM file of authorities that may issue the mail server's certificate, beside the system's",
    )
    sms_url: str = Field(description="Base URL of the Kavenegar API, or of a server with the same interface")
    sms_api_key: SecretStr = Field(description="Key of the Kavenegar account")
    unsubscribe_key: SecretStr = Field(
        default=SecretStr(""),
        description="Keys of unsubscribe links, by commas or lines: the first signs, all are accepted. Empty: derived",
    )
    default_sender_email: str = Field(default="", description="Sender of mails for shops that have none")
    default_sms_sender: str = Field(default="", description="Sender of SMS for shops that have none")
    quiet_hours: str = Field(
        default="21:00-09:00", description="Daily window without marketing, in the customer's time zone; empty for none"
    )
    shops_that_move: str = Field(
        default="",
        description="Shops that move to another installation, or have, by commas: nothing is sent here, it waits",
    )
    cap_messages: int = Field(default=2, ge=0, description="Most marketing messages that a customer gets in cap_days")
    cap_days: int = Field(default=7, ge=1, description="Rolling window of the cap")
    delivery_batch: int = Field(default=20, ge=1, le=200, description="Most sends claimed at once, per channel")
    delivery_lease_seconds: int = Field(
        default=45,
        ge=3,
        description="Lease of a claimed send; once it expires the send is unknown. At least 3 x the provider timeout",
    )
    delivery_concurrency: int = Field(
        default=4,
        ge=1,
        le=32,
        description="Calls at a time to the provider of each channel, and connections to the mail relay",
    )

    @field_validator("default_sender_email")
    @classmethod
    def valid_sender(cls, text: str) -> str:
        """Refuse a sender that no mail can have, at start-up."""
        if text:
            parse_address(text)
        return text

    @field_validator("quiet_hours")
    @classmethod
    def readable_quiet_hours(cls, text: str) -> str:
        """Refuse a window that cannot be parsed, at start-up."""
        quiet_hours.parse(text)
        return text

    def faults(self) -> Iterator[str]:
        """Beside the others, a key of unsubscribe links that could be guessed, in production."""
        yield from super().faults()
        if self.in_production and any(len(key) < KEY_LENGTH_MIN for key in keys_of(self.unsubscribe_key)):
            yield f"MANDEGAR_UNSUBSCRIBE_KEY needs at least {KEY_LENGTH_MIN} random characters in each key."

    def insecurities(self) -> Iterator[tuple[Insecure, str]]:
        """Beside the others, providers to which passwords and messages would be sent in clear."""
        yield from super().insecurities()
        if not self.smtp_url.get_secret_value().startswith(("smtps://", "smtp+starttls://")):
            yield "smtp", "MANDEGAR_SMTP_URL does not require TLS: use smtp+starttls:// or smtps://"
        if not self.sms_url.lower().startswith("https://"):
            yield "sms", "MANDEGAR_SMS_URL is not an https address: use one"

    @property
    def lease(self) -> timedelta:
        """How long a claim belongs to its worker."""
        return timedelta(seconds=self.delivery_lease_seconds)

    @property
    def policy(self) -> Policy:
        """Quiet hours and cap."""
        return Policy(quiet_hours.parse(self.quiet_hours), Cap(self.cap_messages, self.cap_days))

    @property
    def moving(self) -> frozenset[str]:
        """The shops that move to another installation."""
        return frozenset(shop.strip() for shop in self.shops_that_move.split(",")) - {""}

    @property
    def unsubscribe_keys(self) -> tuple[bytes, ...]:
        """The keys that verify unsubscribe links. The first signs them; the last is derived from the identity key.

        The derived one stays valid, because links that were sent before a key was set carry its signature.
        """
        derived = hmac.new(self.identity_key.get_secret_value().encode(), b"unsubscribe links", sha256).digest()
        return (*(key.encode() for key in keys_of(self.unsubscribe_key)), derived)

    @property
    def unsubscribe_secret(self) -> bytes:
        """The key that signs unsubscribe links."""
        return self.unsubscribe_keys[0]


NotifyCtx = Annotated[Context[NotifySettings], Depends(context)]
