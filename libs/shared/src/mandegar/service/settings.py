"""The settings that all services read from the environment. Secrets do not appear in logs or representations."""

import os
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from mandegar.database.address import encrypted_or_local, names_several_hosts
from mandegar.environment import Environment, Insecure, setting_name
from mandegar.events.topics import DEFAULT_PARTITIONS
from mandegar.kafka.settings import KafkaSettings
from mandegar.tokens.scopes import CUSTOMER_HOURS_MAX, DAYS_MAX

Network: TypeAlias = IPv4Network | IPv6Network
KEY_LENGTH_MIN = 32


class ServiceSettings(KafkaSettings):
    """Settings of all services, read from ``MANDEGAR_*``; invalid ones keep the process from starting."""

    worker_database_url: SecretStr
    web_database_url: SecretStr
    read_database_url: SecretStr = Field(
        default=SecretStr(""),
        description="A streaming replica of the database, with the web role; reads of one customer then go to it",
    )
    read_lag_seconds: float = Field(
        default=10, gt=0, description="How far the replica may be behind; if it is further, reads go to the primary"
    )
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    operations_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port for probes, metrics and API documents, which the other port then does not serve",
    )
    worker_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port for probes and metrics of `serve --only worker`; default: operations_port, or else http_port",
    )
    public_url: str = ""
    answer_seconds: float = Field(
        default=1.5, gt=0, le=30, description="How long a request waits for the database; after it the answer is 503"
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="Networks of reverse proxies whose X-Forwarded-For is believed, separated by commas"
    )
    http_connections_max: int = Field(
        default=2_000,
        ge=10,
        description="Open connections; above it, a new one closes the one that has been idle for longest",
    )
    http_connections_per_address: int = Field(
        default=1_000, ge=1, description="Open connections of one client address; trusted proxies are exempt"
    )
    http_requests_max: int = Field(
        default=512, ge=2, description="Requests handled at once, of one address at most half; above it 503"
    )
    refused_credentials_per_minute: float = Field(
        default=60, gt=0, description="Requests without valid credentials from one address; above it 429, not 401"
    )
    token_requests_per_second: float = Field(
        default=1_000, gt=0, description="Requests with tokens of one key for one shop; above it 429"
    )
    customer_requests_per_second: float = Field(
        default=20, gt=0, description="Requests with tokens of one customer; above it 429"
    )
    instance: str = Field(
        default="0", description="Name of this process, unique among its replicas and the same after a restart"
    )
    topic_prefix: str = ""
    partitions: int = Field(default=DEFAULT_PARTITIONS, ge=1, le=1024)
    lanes: int = Field(default=2, ge=1, le=16)
    clock: str = ""
    jwks: str = Field(
        default='{"keys": []}',
        description="JSON Web Key Set of the public keys that verify tokens; each key has kid and shops",
    )
    jwks_file: str = Field(default="", description="File with the key set, instead of MANDEGAR_JWKS; read again")
    jwks_url: str = Field(default="", description="https URL of the key set, instead of MANDEGAR_JWKS; read again")
    jwks_seconds: float = Field(
        default=60, ge=1, le=3600, description="Interval in which a key set in a file or at an URL is read again"
    )
    token_days_max: float = Field(
        default=DAYS_MAX, gt=0, description="Longest life of a token in days, from iat to exp; longer ones are refused"
    )
    customer_token_hours_max: float = Field(
        default=CUSTOMER_HOURS_MAX, gt=0, description="Longest life in hours of a customer's own token (with sub)"
    )
    identity_key: SecretStr = Field(description="HMAC key of guest ids; the same in every service, and never changed")
    brake_records: int = Field(
        default=500, ge=1, description="Records within the window below which the dead-letter brake does not engage"
    )
    brake_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of dead letters above which the brake engages"
    )
    brake_seconds: float = Field(default=600, gt=0, description="Length of the brake's window in seconds")
    dead_letter_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days after which released dead letters are deleted, and the content of open ones",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    failpoint: str = Field(default="", validation_alias="FAILPOINT", description="Failpoint to arm; for tests only")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def read_networks(cls, value: Any) -> Any:
        """Accept a comma-separated list such as ``10.0.0.0/8,192.0.2.7``; an empty one trusts nobody."""
        if not isinstance(value, str):
            return value
        return [network.strip() for network in value.split(",")] if value else []

    @field_validator("public_url")
    @classmethod
    def in_ascii(cls, text: str) -> str:
        """Refuse an address that no header can carry: links in mails are made of it."""
        if not text.isascii():
            raise ValueError("must be ASCII: write the name of the host in punycode, such as https://xn--mgb.example")
        return text

    def faults(self) -> Iterator[str]:
        """Beside the others, a setting of earlier releases, two places of the key set, or one that anybody on the way
        could replace; and what production must not have: a failpoint, a short identity key."""
        yield from super().faults()
        if os.environ.get("MANDEGAR_PARTS"):  # ignored, each of several such processes would do everything
            yield "MANDEGAR_PARTS is gone: remove it, and start `serve --only web` or `serve --only worker` instead."
        places = self.model_fields_set & {"jwks", "jwks_file", "jwks_url"}
        if len([place for place in places if getattr(self, place)]) > 1:
            yield "Set one of MANDEGAR_JWKS, MANDEGAR_JWKS_FILE and MANDEGAR_JWKS_URL, not several."
        schemes = ("https://",) if self.in_production else ("https://", "http://127.0.0.1:")
        if names_several_hosts(self.read_database_url.get_secret_value()):
            yield "MANDEGAR_READ_DATABASE_URL must name one server: the position of one says nothing about another."
        if self.jwks_url and not self.jwks_url.startswith(schemes):
            yield "MANDEGAR_JWKS_URL must begin with https://."
        if self.in_production:
            if self.failpoint:
                yield "FAILPOINT is for tests and must not be set in production."
            if len(self.identity_key.get_secret_value()) < KEY_LENGTH_MIN:
                yield f"MANDEGAR_IDENTITY_KEY needs at least {KEY_LENGTH_MIN} random characters."

    def insecurities(self) -> Iterator[tuple[Insecure, str]]:
        """Beside the others, databases without TLS, a public address without it, and a clock that is set."""
        yield from super().insecurities()
        yield from unencrypted_databases(self, "worker_database_url", "web_database_url", "read_database_url")
        if not self.public_url.lower().startswith("https://"):
            yield "public_url", "MANDEGAR_PUBLIC_URL is not an https address: set the one that customers reach"
        if self.clock:
            yield "clock", "MANDEGAR_CLOCK sets another time than the system's: remove it"


class MigrationSettings(Environment):
    """The setting of ``migrate``: the database with the owner's role, which may change tables."""

    owner_database_url: SecretStr

    def insecurities(self) -> Iterator[tuple[Insecure, str]]:
        """Beside the others, a database without TLS."""
        yield from super().insecurities()
        yield from unencrypted_databases(self, "owner_database_url")


def keys_of(secret: SecretStr) -> list[str]:
    """The keys of a setting that lists several, separated by commas or lines."""
    return [key.strip() for key in secret.get_secret_value().replace(",", "\n").splitlines() if key.strip()]


def unencrypted_databases(settings: Environment, *names: str) -> Iterator[tuple[Insecure, str]]:
    """A sentence for each address of a database to which passwords and rows would be sent in clear."""
    for name in names:
        secret: SecretStr = getattr(settings, name)
        if (url := secret.get_secret_value()) and not encrypted_or_local(url):
            yield (
                "postgresql",
                f"{setting_name(name)} does not require TLS: append ?sslmode=verify-full&sslrootcert=<file>",
            )
