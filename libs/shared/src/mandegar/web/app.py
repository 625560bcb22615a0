"""Builds the FastAPI application of a service: its own routes and those that every service has."""

from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp

from mandegar.kafka.names import TopicNames
from mandegar.kafka.probe import Probe
from mandegar.lanes.group_lag import GroupLag
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.measuring import Measuring
from mandegar.service.parts import S, Service
from mandegar.web import audit, deadletters, erasures, export, probes, stream
from mandegar.web.access import check_guarded
from mandegar.web.applied import Applied
from mandegar.web.bare import BareRoutes
from mandegar.web.cors import Cors
from mandegar.web.deadline import Deadline
from mandegar.web.documentation.route import add_documentation
from mandegar.web.edge.allowances import Allowances
from mandegar.web.edge.body import BodiesInHand, BoundedBodies
from mandegar.web.edge.limits import Limits, limits_of
from mandegar.web.edge.requests import Requests
from mandegar.web.front_page import front_page, worker_page
from mandegar.web.openapi import complete
from mandegar.web.origins import Origins
from mandegar.web.problems import add_problem_answers
from mandegar.web.reads import PlainReads
from mandegar.web.refused_acts import RecordRefusals, RefusedActs
from mandegar.web.slashes import EncodedSlashes
from mandegar.web.timing import Timing

# The framework's spans contain paths, and paths contain ids of customers; ``Timing`` makes ours. Asking whether anybody
# wants them takes 7 µs a request.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class _Operations(FastAPI):
    """Probes and metrics alone, inside of ``Requests``; for a process that serves no API."""

    def build_middleware_stack(self) -> ASGIApp:
        return Requests(super().build_middleware_stack(), Limits(), https=False, operations_port=None)


class Application(FastAPI):
    """A FastAPI application inside of ``Requests``, which must see the answers to unexpected errors too.

    The framework answers what ``PlainReads`` leaves to it.
    """

    def openapi(self) -> dict[str, Any]:
        """The document, generated once."""
        if not self.openapi_schema:
            self.openapi_schema = complete(super().openapi(), self.state.context.name)
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        context = self.state.context
        settings = context.settings
        requests = Requests(
            PlainReads(super().build_middleware_stack(), context, self.state.reads),
            limits_of(settings),
            https=settings.public_url.startswith("https:"),
            operations_port=settings.operations_port,
        )
        return Cors(requests, self.state.origins)


def create_app(
    service: Service[S],
    context: Context[S],
    health: Health,
    measuring: Measuring,
    refused: RefusedActs | None = None,
) -> FastAPI:
    """The application of ``service``, with the library's routes, problem answers and middleware."""
    app = Application(
        title=f"Mandegar {service.name}",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.context = context
    app.state.health = health
    app.state.lags = _lags(service, context)
    app.state.allowances = Allowances(context.settings)
    app.state.origins = Origins(context.worker, service.origins)
    app.state.subscriptions = service.subscriptions
    app.state.applied = Applied(context.worker, service.applied)
    app.state.measuring = measuring
    app.state.reads = service.routers
    app.state.exports = export.Exports(service.tables, service.exports, service.more_exports)
    of_customers = (erasures.router, export.router)
    of_operations = (deadletters.router, stream.router, audit.router, probes.router)
    routers = (*service.routers, *of_customers, *of_operations, front_page(service))
    check_guarded(routers)
    for router in routers:
        app.include_router(router)
    add_documentation(app, service.about)
    add_problem_answers(app, app.state.allowances.take_refusal)
    seconds, bodies = context.settings.answer_seconds, BodiesInHand()
    app.add_middleware(BoundedBodies, in_hand=bodies)
    app.add_middleware(Timing)
    app.add_middleware(RecordRefusals, context=context, refused=refused or RefusedActs(context.web))
    app.add_middleware(Deadline, seconds=seconds)
    app.add_middleware(EncodedSlashes)  # routing must see the changed path
    # Added last, so outermost.
    app.add_middleware(BareRoutes, routers=routers, bodies=bodies, answer_seconds=seconds)
    return app


def create_operations_app(service: Service[S], context: Context[S], health: Health, measuring: Measuring) -> FastAPI:
    """Probes, metrics and a front page of a process that serves nothing else."""
    app = _Operations(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.context, app.state.health, app.state.measuring = context, health, measuring
    for router in (probes.router, worker_page(service)):
        app.include_router(router)
    add_problem_answers(app)
    return app


def _lags(service: Service[S], context: Context[S]) -> dict[str, GroupLag]:
    probe = Probe(context.settings.broker, f"{service.name}-lag")
    names = TopicNames(context.settings.topic_prefix)
    return {group: GroupLag(group, context.worker, probe, names) for group in service.groups}
