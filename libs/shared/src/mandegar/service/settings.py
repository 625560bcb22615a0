"""What every service is told by its environment. Secrets never show in logs or representations."""

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mandegar.events.topics import DEFAULT_PARTITIONS

Part = Literal["http", "lanes", "relay", "timer", "background"]
PLACEHOLDER = "change-me"
# Without the input: a refusal must not print the secrets that stand beside what is wrong.
_CONFIG = SettingsConfigDict(env_prefix="MANDEGAR_", extra="ignore", frozen=True, hide_input_in_errors=True)


class ServiceSettings(BaseSettings):
    """Settings common to all services, read from ``MANDEGAR_*``. Start-up refuses what cannot work."""

    model_config = _CONFIG

    environment: Literal["local", "production"] = "production"
    kafka_bootstrap: str
    worker_database_url: SecretStr
    web_database_url: SecretStr
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    public_url: str = ""
    instance: str = Field(default="0", description="Stable name of this process among its replicas; never shared")
    topic_prefix: str = ""
    partitions: int = Field(default=DEFAULT_PARTITIONS, ge=1, le=1024)
    lanes: int = Field(default=2, ge=1, le=16)
    clock: str = ""
    jwks: str = Field(default='{"keys": []}', description="Public keys that may sign tokens, each with its shops")
    identity_key: SecretStr = Field(description="Keys the hashes of guest ids; the same in every service, for good")
    parts: Annotated[frozenset[Part], NoDecode] = frozenset({"http", "lanes", "relay", "timer", "background"})
    brake_records: int = Field(default=500, ge=1, description="The dead-letter brake falls at no fewer records")
    brake_share: float = Field(default=0.5, gt=0, le=1, description="... of which more than this share was refused")
    brake_seconds: float = Field(default=600, gt=0, description="... within so many seconds")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    failpoint: str = Field(default="", validation_alias="FAILPOINT", description="Where to fail, in tests only")

    @field_validator("parts", mode="before")
    @classmethod
    def read_list(cls, value: Any) -> Any:
        """``http,lanes`` as people write it."""
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @model_validator(mode="after")
    def refuse_default_secrets(self) -> "ServiceSettings":
        """A production process does not start with a secret that everybody knows."""
        if self.environment == "production":
            refuse_placeholders(self)
            if self.failpoint:
                raise ValueError("FAILPOINT is for tests: a production process does not start with one")
            if len(self.identity_key.get_secret_value()) < 32:
                raise ValueError("MANDEGAR_IDENTITY_KEY needs at least 32 random characters")
        return self


class MigrationSettings(BaseSettings):
    """What ``migrate`` needs, and nothing more: the owner's right to change tables."""

    model_config = _CONFIG

    owner_database_url: SecretStr

    @model_validator(mode="after")
    def refuse_default_secrets(self) -> "MigrationSettings":
        refuse_placeholders(self)
        return self


def refuse_placeholders(settings: BaseSettings) -> None:
    """Refuse secrets that still read as the example does; ``ValueError`` names the setting, never its value."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and PLACEHOLDER in value.get_secret_value().lower():
            raise ValueError(f"MANDEGAR_{name.upper()} still holds the example's value: put a secret of your own there")
