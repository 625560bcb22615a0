"""The composition root of ingest: its parts. A new door is a router in ``DOORS``."""

from ingest.context import extend
from ingest.customer_tables import CUSTOMER_TABLES
from ingest.desk.history import routes as history
from ingest.desk.keys import routes as keys
from ingest.desk.limits import routes as limits
from ingest.desk.quarantine import routes as quarantine
from ingest.desk.repairs import routes as repairs
from ingest.desk.repairs.carry_on import carry_on_repairs
from ingest.desk.repairs.expire import EXPIRIES as EXPIRED_REPAIRS
from ingest.desk.shops import routes as shops
from ingest.desk.sources import routes as sources
from ingest.desk.visitors import routes as visitors
from ingest.doors.native import routes as native
from ingest.doors.raw.lane import RAW
from ingest.erasure import apply as erasure
from ingest.erasure import routes as erasures
from ingest.erasure.applied_rows import applied_among
from ingest.erasure.export import EXPORT, EXPORT_MORE
from ingest.erasure.finish import finish_erasures
from ingest.hallway import own_consents
from ingest.hallway.expired_refunds import expire_waiting_refunds
from ingest.hallway.metrics import WAITING
from ingest.hallway.missed_orders import move_missed_orders
from ingest.hallway.retention import EXPIRIES
from ingest.identity import routes as identity
from ingest.imports import routes as imports
from ingest.imports.expire import EXPIRIES as EXPIRED_IMPORTS
from ingest.invariants import INVARIANTS
from ingest.rebuild.apply import REBUILD
from ingest.reconciling import routes as reconciling
from ingest.reconciling.carry_on import carry_on_reconciliations
from ingest.reconciling.expire import EXPIRIES as EXPIRED_RECONCILIATIONS
from ingest.settings import IngestSettings
from ingest.sources.missing_topics import create_missing_topics
from ingest.sources.moving import LEFT_BEHIND, moved_in
from ingest.sources.rows import BROWSER_ORIGINS
from ingest.sources.silence import EXPIRIES as EXPIRED_HOURS
from ingest.sources.silence import SILENT, Silence
from mandegar.service.parts import Part, Service

DOORS = Part[IngestSettings](routers=(native.router,), records=(RAW,), origins=(BROWSER_ORIGINS,))
HALLWAY = Part[IngestSettings](
    reads=(own_consents.READ,),
    rebuild=REBUILD,
    background=(expire_waiting_refunds, move_missed_orders, create_missing_topics),
    measures=(WAITING,),
    expiries=EXPIRIES,
    invariants=INVARIANTS,
)
IDENTITY = Part[IngestSettings](routers=(identity.router,))
SOURCES = Part[IngestSettings](
    watched={"silence": Silence},
    measures=(SILENT,),
    expiries=EXPIRED_HOURS,
    left_behind=LEFT_BEHIND,
    moved_in=moved_in,
)
ERASURE = Part[IngestSettings](
    routers=(erasures.router,),
    erase=erasure.erase,
    export=EXPORT,
    export_more=EXPORT_MORE,
    background=(finish_erasures,),
    left_behind={"unfinished_erasures.running_until": "it numbers transactions of the old database"},
)
DESK = Part[IngestSettings](
    routers=(
        history.router,
        # before the quarantine, whose routes take what follows for the id of an entry
        repairs.router,
        quarantine.router,
        shops.router,
        limits.router,
        sources.router,
        keys.router,
        visitors.router,
    ),
    background=(carry_on_repairs,),
    expiries=EXPIRED_REPAIRS,
)
RECONCILING = Part[IngestSettings](
    routers=(reconciling.router,), background=(carry_on_reconciliations,), expiries=EXPIRED_RECONCILIATIONS
)
IMPORTS = Part[IngestSettings](routers=(imports.router,), expiries=EXPIRED_IMPORTS)

SERVICE = Service(
    name="ingest",
    parts=(DOORS, HALLWAY, IDENTITY, ERASURE, SOURCES, DESK, RECONCILING, IMPORTS),
    settings=IngestSettings,
    applied=applied_among,
    extend=extend,
    tables=CUSTOMER_TABLES,
    about="Receives what shops send: orders, visits and customers, as events. Start with POST /v1/events.",
)
