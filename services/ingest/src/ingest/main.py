"""Ingest, put together."""

from ingest.expired_refunds import expire_waiting_refunds
from ingest.raw_lane import RawLane
from ingest.routes import ROUTERS
from ingest.settings import IngestSettings
from ingest.state import prepare as prepare_doors
from shared.context import Context
from shared.runner import Service

RAW_LANE = RawLane()


async def prepare(context: Context) -> None:
    """Make the doors and tell the lane of raw topics where it runs."""
    await prepare_doors(context)
    await RAW_LANE.open(context)


SERVICE = Service(
    name="ingest",
    routers=ROUTERS,
    subscriptions=[RAW_LANE.subscription],
    background=[expire_waiting_refunds],
    prepare=prepare,
    settings=IngestSettings,
)
