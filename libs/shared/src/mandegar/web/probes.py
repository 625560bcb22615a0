"""``/livez``, ``/readyz``, ``/startupz`` and ``/metrics``."""

from asyncio import gather

from fastapi import Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from mandegar.service.health import Health
from mandegar.service.measuring import Measuring
from mandegar.web.access import Router, public

router = Router(tags=["operations"], dependencies=[public()])


def _health(request: Request) -> Health:
    health: Health = request.app.state.health
    return health


@router.get("/livez", summary="Liveness: 503 if the event loop has not run for ten seconds")
async def livez(request: Request) -> Response:
    alive = _health(request).alive
    return JSONResponse({"alive": alive}, 200 if alive else 503)


@router.get("/startupz", summary="Start-up: 503 until the process has started all its tasks")
async def startupz(request: Request) -> Response:
    started = _health(request).started
    return JSONResponse({"started": started}, 200 if started else 503)


@router.get("/readyz", summary="Readiness: 503 if a required check fails, with the result of each")
async def readyz(request: Request) -> Response:
    health = _health(request)
    checks, optional = await gather(health.readiness(), health.degradation())
    ready = not any(checks.values())
    degraded = {name: failure for name, failure in optional.items() if failure}
    results = {name: failure or "ok" for name, failure in checks.items()}
    body = {"ready": ready, "checks": results, "degraded": degraded}
    return JSONResponse(body, 200 if ready else 503)


@router.get("/metrics", summary="Prometheus metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    measuring: Measuring = request.app.state.measuring
    await gather(measuring.refresh(), _health(request).measure())
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
