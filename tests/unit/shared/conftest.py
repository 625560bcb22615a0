"""A service of a few routes without any pool, and a client that speaks to it in process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field

from harness.apps import NO_POOL, AsSent
from harness.signing import Signer, verifier
from mandegar.clock import FrozenClock
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.measuring import Measuring
from mandegar.service.parts import Part, Service
from mandegar.service.settings import ServiceSettings
from mandegar.wakeup import Wakeup
from mandegar.web import Ctx, CustomerRead, Principal, Problem, Router, public, require
from mandegar.web.app import create_app

SHOP = Signer("acme-1", "acme")


class Wish(BaseModel):
    points: Annotated[int, Field(ge=1)]


_router = Router()


@_router.get("/v1/customers/{customer_id}/seen")
async def seen(customer: CustomerRead) -> dict[str, str]:
    return {"shop": customer.shop, "customer_id": customer.customer_id}


@_router.get("/v1/operations")
async def operations(who: Annotated[Principal, require("ops")], ctx: Ctx) -> dict[str, Any]:
    return {"shop": who.shop, "service": ctx.name, "now": ctx.clock.now()}


@_router.post("/v1/wishes/{number}", dependencies=[public()])
async def wishes(number: int, wish: Wish) -> dict[str, int]:
    return {"number": number, "points": wish.points}


@_router.get("/v1/broken/{how}", dependencies=[public()])
async def broken(how: str) -> None:
    match how:
        case "problem":
            raise Problem(409, "taken", "Somebody was faster", "Ask again", headers={"X-Seen": "1"}, holder="b")
        case "busy":
            raise Problem(429, "too_many_requests", "Slower, please")
        case "refused":
            raise ConnectionRefusedError("to 10.0.0.1")
        case "slow":
            raise TimeoutError
        case "unique":
            raise asyncpg.UniqueViolationError("sara@example.test is there already")
        case "deadlock":
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        case _:
            await asyncio.sleep(0)
            raise KeyError("sara@example.test")


@pytest.fixture
def health() -> Health:
    return Health(started=True)


@pytest.fixture
def app(health: Health) -> FastAPI:
    """The application of that service."""
    settings = ServiceSettings.model_validate(
        {
            "environment": "local",
            "kafka_bootstrap": "127.0.0.1:9",
            "worker_database_url": "postgresql://nowhere",
            "web_database_url": "postgresql://nowhere",
            "http_port": 8009,
            "identity_key": "a key for tests, and for nothing else",
        }
    )
    clock = FrozenClock(datetime(2026, 11, 22, 8, 30, tzinfo=UTC))
    context = Context(
        name="toy", settings=settings, clock=clock, worker=NO_POOL, web=NO_POOL, reporting=NO_POOL,
        tokens=verifier(SHOP), wake_relay=Wakeup(), wake_timer=Wakeup(),
    )  # fmt: skip
    vars(context)["id_forms"] = AsSent(NO_POOL, context.identity_key)
    service = Service("toy", parts=[Part(routers=(_router,))], settings=ServiceSettings)
    return create_app(service, context, health, Measuring(NO_POOL, {}, ()))


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of that service. Errors are answers here, as they are behind a real server."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client


@pytest.fixture
def shop() -> Signer:
    """The one shop whose tokens that service takes."""
    return SHOP
