"""What every service is told by its environment. Secrets never show in logs or representations."""

from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.events.topics import DEFAULT_PARTITIONS

Part = Literal["http", "lanes", "relay", "timer", "background"]
LOCAL_SECRETS = frozenset({"local", "secret", "changeme", "mandegar"})


class ServiceSettings(BaseSettings):
    """Settings common to all services, read from ``MANDEGAR_*``. Start-up refuses what cannot work."""

    model_config = SettingsConfigDict(env_prefix="MANDEGAR_", extra="ignore", frozen=True)

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
    parts: frozenset[Part] = frozenset({"http", "lanes", "relay", "timer", "background"})
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def refuse_default_secrets(self) -> "ServiceSettings":
        """A production process does not start with a secret that everybody knows."""
        if self.environment == "production":
            key = self.identity_key.get_secret_value()
            if len(key) < 32 or key.lower() in LOCAL_SECRETS:
                raise ValueError("MANDEGAR_IDENTITY_KEY needs at least 32 random characters")
        return self


class MigrationSettings(BaseSettings):
    """What ``migrate`` needs, and nothing more: the owner's right to change tables."""

    model_config = SettingsConfigDict(env_prefix="MANDEGAR_", extra="ignore", frozen=True)

    owner_database_url: SecretStr
