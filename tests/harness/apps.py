"""The application of each service without a database: for what must be decided before one is asked."""

from datetime import UTC, datetime
from typing import Any, cast

from fastapi import FastAPI

from churn.main import SERVICE as CHURN
from harness.in_process import NO_ALLOWANCE_ENDS
from harness.tokens import JWKS
from ingest.main import SERVICE as INGEST
from loyalty.main import SERVICE as LOYALTY
from mandegar.clock import FrozenClock
from mandegar.database import Pool
from mandegar.events.identity import IdForm
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.id_forms import IdForms
from mandegar.service.measuring import Measuring
from mandegar.service.parts import Service
from mandegar.tokens import TokenVerifier
from mandegar.wakeup import Wakeup
from mandegar.web.app import create_app
from notify.main import SERVICE as NOTIFY

SERVICES: dict[str, Service[Any]] = {service.name: service for service in (CHURN, INGEST, LOYALTY, NOTIFY)}
_PROVIDERS = {"smtp_url": "smtp://127.0.0.1:9", "sms_url": "http://127.0.0.1:9", "sms_api_key": "for tests only"}


class NoDatabase:
    """A pool beside a database that is away."""

    def acquire(self, **_: object) -> None:
        raise OSError("no database here")

    @property
    def reads(self) -> None:
        raise OSError("no database here")


NO_POOL = cast("Pool", NoDatabase())


class AsSent(IdForms):
    """Every shop publishes ids as it sends them; nothing is looked up."""

    async def _look_up(self, shop: str) -> IdForm:  # noqa: ARG002
        return "as_sent"


def settings_of(service: Service[Any], **settings: Any) -> Any:
    """Settings of ``service`` without any server; ``settings`` replace them."""
    common = {
        "environment": "local", "kafka_bootstrap": "127.0.0.1:9", "http_port": 8000, "identity_key": "for tests only",
        "worker_database_url": "postgresql://nowhere", "web_database_url": "postgresql://nowhere",
    }  # fmt: skip
    return service.settings(**{**common, **(_PROVIDERS if service is NOTIFY else {}), **settings})


def app_without_database(service: Service[Any]) -> FastAPI:
    """The routes of ``service`` as they are served, beside a database that is away."""
    told = settings_of(service, jwks=JWKS, **NO_ALLOWANCE_ENDS)
    context = Context(
        name=service.name, settings=told, clock=FrozenClock(datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
        worker=NO_POOL, web=NO_POOL, reporting=NO_POOL, tokens=TokenVerifier(told.jwks), wake_relay=Wakeup(),
        wake_timer=Wakeup(),
    )  # fmt: skip
    measuring = Measuring(NO_POOL, {}, service.measures)
    return create_app(service, service.extend(context), Health(started=True), measuring)
