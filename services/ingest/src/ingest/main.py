"""Ingest, put together."""

from ingest.expired_refunds import expire_waiting_refunds
from ingest.metrics import measure_what_waits
from ingest.raw_lane import RawLane
from ingest.rebuild import REBUILD
from ingest.routes import ROUTERS
from ingest.settings import IngestSettings
from ingest.state import prepare as prepare_doors
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
    routers=ROUTERS,
    subscriptions=[RAW_LANE.subscription],
    background=[expire_waiting_refunds],
    prepare=prepare,
    settings=IngestSettings,
    rebuild=REBUILD,
)
