"""The settings that all services read from the environment. Secrets do not appear in logs or representations."""

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mandegar.events.topics import DEFAULT_PARTITIONS

Part = Literal["http", "lanes", "relay", "timer", "background"]
PLACEHOLDER = "change-me"
# ``hide_input_in_errors``: a validation error would otherwise print the values of other settings, secrets included.
_CONFIG = SettingsConfigDict(env_prefix="MANDEGAR_", extra="ignore", frozen=True, hide_input_in_errors=True)


class ServiceSettings(BaseSettings):
    """Settings of all services, read from ``MANDEGAR_*``; invalid ones keep the process from starting."""

    model_config = _CONFIG

    environment: Literal["local", "production"] = "production"
    kafka_bootstrap: str
    worker_database_url: SecretStr
    web_database_url: SecretStr
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    public_url: str = ""
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
    identity_key: SecretStr = Field(description="HMAC key of guest ids; the same in every service, and never changed")
    parts: Annotated[frozenset[Part], NoDecode] = frozenset({"http", "lanes", "relay", "timer", "background"})
    brake_records: int = Field(
        default=500, ge=1, description="Records within the window below which the dead-letter brake does not engage"
    )
    brake_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of dead letters above which the brake engages"
    )
    brake_seconds: float = Field(default=600, gt=0, description="Length of the brake's window in seconds")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    failpoint: str = Field(default="", validation_alias="FAILPOINT", description="Failpoint to arm; for tests only")

    @field_validator("parts", mode="before")
    @classmethod
    def read_list(cls, value: Any) -> Any:
        """Accept a comma-separated list such as ``http,lanes``."""
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @model_validator(mode="after")
    def refuse_default_secrets(self) -> "ServiceSettings":
        """Raise ``ValueError`` for placeholder secrets, a short identity key or a failpoint in production."""
        if self.environment == "production":
            refuse_placeholders(self)
            if self.failpoint:
                raise ValueError("FAILPOINT is for tests and must not be set in production")
            if len(self.identity_key.get_secret_value()) < 32:
                raise ValueError("MANDEGAR_IDENTITY_KEY needs at least 32 random characters")
        return self


class MigrationSettings(BaseSettings):
    """The setting of ``migrate``: the database with the owner's role, which may change tables."""

    model_config = _CONFIG

    owner_database_url: SecretStr

    @model_validator(mode="after")
    def refuse_default_secrets(self) -> "MigrationSettings":
        refuse_placeholders(self)
        return self


def refuse_placeholders(settings: BaseSettings) -> None:
    """Raise ``ValueError``, with the setting's name, if a secret still contains the placeholder of the example."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and PLACEHOLDER in value.get_secret_value().lower():
            raise ValueError(f"MANDEGAR_{name.upper()} still has the example's value: replace it with a secret")
