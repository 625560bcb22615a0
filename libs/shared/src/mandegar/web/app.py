"""Builds the FastAPI application of a service: its own routes and those that every service has."""

from collections.abc import Mapping

from fastapi import FastAPI

from mandegar.lanes.lanes import Lanes
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.measuring import Measuring
from mandegar.service.parts import S, Service
from mandegar.web import audit, deadletters, probes, stream
from mandegar.web.access import check_guarded
from mandegar.web.problems import add_problem_answers
from mandegar.web.refused_acts import RecordRefusals, RefusedActs
from mandegar.web.slashes import EncodedSlashes
from mandegar.web.timing import Timing


def create_app(
    service: Service[S],
    context: Context[S],
    health: Health,
    lanes: Mapping[str, Lanes],
    refused: RefusedActs | None = None,
) -> FastAPI:
    """The application of ``service``, with the library's routes, problem answers and middleware."""
    app = FastAPI(title=f"Mandegar {service.name}", version="0.1.0", docs_url="/docs", redoc_url=None)
    app.state.context = context
    app.state.health = health
    app.state.lanes = lanes
    app.state.subscriptions = service.subscriptions
    app.state.measuring = Measuring(context.worker, lanes, service.measures)
    routers = (*service.routers, deadletters.router, stream.router, audit.router, probes.router)
    check_guarded(routers)
    for router in routers:
        app.include_router(router)
    add_problem_answers(app)
    app.add_middleware(Timing)
    app.add_middleware(RecordRefusals, context=context, refused=refused or RefusedActs(context.web))
    app.add_middleware(EncodedSlashes)  # added last, so outermost: routing must see the changed path
    return app
