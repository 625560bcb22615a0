"""Ingest, put together."""

from ingest.desk.history import routes as history
from ingest.desk.keys import routes as keys
from ingest.desk.quarantine import routes as quarantine
from ingest.desk.shops import routes as shops
from ingest.desk.sources import routes as sources
from ingest.doors.native import routes as events
from ingest.doors.raw.lane import RawLane
from ingest.doors.state import prepare as prepare_doors
from ingest.hallway.expired_refunds import expire_waiting_refunds
from ingest.hallway.metrics import measure_what_waits
from ingest.rebuild.remember import REBUILD
from ingest.settings import IngestSettings
from mandegar.run.runner import Service
from mandegar.service.context import Context

RAW_LANE = RawLane()


async def prepare(context: Context) -> None:
    """Make the doors, tell the lane of raw topics where it runs, and look at what waits when metrics are asked for."""
    await prepare_doors(context)
    await RAW_LANE.open(context)
    context.measures.append(measure_what_waits)


SERVICE = Service(
    name="ingest",
    routers=(events.router, history.router, quarantine.router, shops.router, sources.router, keys.router),
    subscriptions=[RAW_LANE.subscription],
    background=[expire_waiting_refunds],
    prepare=prepare,
    settings=IngestSettings,
    rebuild=REBUILD,
)
