"""Ingest, put together."""

from ingest.context import with_doors
from ingest.desk.history import routes as history
from ingest.desk.keys import routes as keys
from ingest.desk.quarantine import routes as quarantine
from ingest.desk.shops import routes as shops
from ingest.desk.sources import routes as sources
from ingest.doors.native import routes as events
from ingest.doors.raw.lane import RAW
from ingest.hallway.expired_refunds import expire_waiting_refunds
from ingest.hallway.metrics import measure_waiting
from ingest.invariants import INVARIANTS
from ingest.rebuild.remember import REBUILD
from ingest.settings import IngestSettings
from mandegar.service.parts import Part, Service

DOORS = Part[IngestSettings](
    routers=(events.router, history.router, quarantine.router, shops.router, sources.router, keys.router),
    records=(RAW,),
    rebuild=REBUILD,
    background=(expire_waiting_refunds,),
    measures=(measure_waiting,),
    invariants=INVARIANTS,
)

SERVICE = Service(name="ingest", parts=(DOORS,), settings=IngestSettings, extend=with_doors)
