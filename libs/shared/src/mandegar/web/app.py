"""The FastAPI application of a service: its routes, and those that every service has."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.web import deadletters, probes, stream
from mandegar.web.problems import add_problem_answers
from mandegar.web.slashes import EncodedSlashes
from mandegar.web.timing import Timing


def create_app(context: Context, health: Health, routers: Sequence[APIRouter]) -> FastAPI:
    """Put a service's routes together with probes, dead letters, problem answers and timing."""
    app = FastAPI(title=f"Mandegar {context.name}", version="0.1.0", docs_url="/docs", redoc_url=None)
    app.state.context = context
    app.state.health = health
    for router in (*routers, deadletters.router, stream.router, probes.router):
        app.include_router(router)
    add_problem_answers(app)
    app.add_middleware(Timing)
    app.add_middleware(EncodedSlashes)  # the outermost
    return app
