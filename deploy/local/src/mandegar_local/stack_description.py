"""The content of `stack.json`, which describes the running stack: addresses, tokens and keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mandegar.tokens import EVERY_SHOP, SCOPES
from mandegar.tokens.scopes import DAYS_MAX
from mandegar_local.ports import SERVICES, WORKERS
from mandegar_local.service_environment import Deployment
from mandegar_local.tokens import sign_token


def describe(services: Sequence[str], shop: str, deployment: Deployment, *, own_mailbox: bool) -> dict[str, Any]:
    """The description of a stack, without the pids, which change when a process is restarted."""
    credentials, now = deployment.credentials, datetime.now(UTC)

    def token(*scopes: str, shop: str = shop) -> str:
        return sign_token(credentials.signing_key, shop, scopes, now=now, days=DAYS_MAX)

    live, backfill = credentials.sources.get("live", {}), credentials.sources.get("backfill", {})
    return {
        "services": {service: deployment.url(service) for service in services},
        "workers": {service: deployment.url(WORKERS[service]) for service in services},
        "kafka_bootstrap": deployment.kafka_bootstrap,
        "databases": {service: deployment.database_url(service, "owner") for service in services or SERVICES},
        "mailbox": deployment.url("mailbox") if own_mailbox else None,
        "smtp_url": deployment.smtp_url,
        "sms_outbox": deployment.url("sms_outbox"),
        "tokens": {
            "admin": token(*SCOPES),
            "customers_read": token("customers:read"),
            "operator": token(*SCOPES, shop=EVERY_SHOP),
        },
        "shop": shop,
        "source_id": live.get("id"),
        "source_key": live.get("key"),
        "backfill_source_id": backfill.get("id"),
        "backfill_source_key": backfill.get("key"),
        "clock": deployment.clock,
    }
