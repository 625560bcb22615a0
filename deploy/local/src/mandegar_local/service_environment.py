"""The environment variables of each service of the stack."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mandegar.events.topics import DEFAULT_PARTITIONS
from mandegar_local.credentials import Credentials
from mandegar_local.databases import role_url
from mandegar_local.ports import WORKERS, Ports

# Mail of the local stack stays in its own mailbox, so every shop may send from this domain.
LOCAL_DOMAIN = "example.test"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The addresses and secrets of a stack that its services share. They read `key_set` again while they run."""

    ports: Ports
    credentials: Credentials
    kafka_bootstrap: str
    admin_url: str
    smtp_url: str
    clock: str
    log_level: str = "info"
    topic_prefix: str = ""
    partitions: int = DEFAULT_PARTITIONS
    key_set: Path | None = None

    def url(self, name: str) -> str:
        """The HTTP address of the process with this name."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def database_url(self, service: str, kind: str) -> str:
        """The URL of a service's database for the role `kind`: owner, worker or web."""
        role = f"{service}_{kind}"
        return role_url(self.admin_url, role, self.credentials.role_passwords[role], service)

    def environment(self, service: str) -> Mapping[str, str]:
        """The environment of one service, the same for each of its processes."""
        settings = {
            "ENVIRONMENT": "local",
            "KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "WORKER_DATABASE_URL": self.database_url(service, "worker"),
            "WEB_DATABASE_URL": self.database_url(service, "web"),
            "OWNER_DATABASE_URL": self.database_url(service, "owner"),
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(self.ports[service]),
            "WORKER_PORT": str(self.ports[WORKERS[service]]),
            "PUBLIC_URL": self.url(service),
            "INSTANCE": "0",
            "TOPIC_PREFIX": self.topic_prefix,
            "PARTITIONS": str(self.partitions),
            "CLOCK": self.clock,
            "IDENTITY_KEY": self.credentials.identity_key,
            "LOG_LEVEL": self.log_level,
        }
        if self.key_set is None:
            settings["JWKS"] = json.dumps(self.credentials.jwks())
        else:
            settings["JWKS_FILE"] = str(self.key_set)
        if service == "ingest":
            settings["VERIFIED_DOMAINS"] = LOCAL_DOMAIN
        if service == "notify":
            settings["SMTP_URL"] = self.smtp_url
            settings["SMS_URL"] = self.url("sms_outbox")
            settings["DEFAULT_SMS_SENDER"] = "10008663"
            settings["SMS_API_KEY"] = self.credentials.sms_api_key
        return {f"MANDEGAR_{name}": value for name, value in settings.items()}
