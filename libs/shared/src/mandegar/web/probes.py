"""``/livez``, ``/readyz``, ``/startupz`` and ``/metrics``."""

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from mandegar.service.health import Health
from mandegar.service.measuring import Measuring

router = APIRouter(tags=["operations"])


def _health(request: Request) -> Health:
    found: Health = request.app.state.health
    return found


@router.get("/livez", summary="The loop turns")
async def livez(request: Request) -> Response:
    alive = _health(request).alive
    return JSONResponse({"alive": alive}, 200 if alive else 503)


@router.get("/startupz", summary="Start-up is complete")
async def startupz(request: Request) -> Response:
    started = _health(request).started
    return JSONResponse({"started": started}, 200 if started else 503)


@router.get("/readyz", summary="This process can do its work, or why not")
async def readyz(request: Request) -> Response:
    health = _health(request)
    checks = await health.readiness()
    ready = not any(checks.values())
    degraded = {name: wrong for name, wrong in (await health.degradation()).items() if wrong}
    body = {"ready": ready, "checks": {name: wrong or "ok" for name, wrong in checks.items()}, "degraded": degraded}
    return JSONResponse(body, 200 if ready else 503)


@router.get("/metrics", summary="Prometheus metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    measuring: Measuring = request.app.state.measuring
    await measuring.refresh()
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
