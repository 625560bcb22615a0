"""The parts of loyalty."""

from loyalty.account import rebuild as account_rebuild
from loyalty.account import routes as account_routes
from loyalty.account.invariants import INVARIANTS
from loyalty.account.settle import settle
from loyalty.domain.ids import NAME
from loyalty.earning import apply as earning
from loyalty.earning.rebuild import restore_facts
from loyalty.programme import routes as programme_routes
from loyalty.programme.rebuild import restore_programmes
from loyalty.programme.recompute import recompute_customers
from loyalty.settings import LoyaltySettings
from mandegar.service.parts import Part, Service
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on

EARNING = Part[LoyaltySettings](
    reads=(on(earning.TYPES, earning.apply),),
    rebuild=Rebuild(reads=(on(earning.TYPES, restore_facts),)),
)
# Restored after the facts of orders, from which the keys of entries follow.
ACCOUNT = Part[LoyaltySettings](
    routers=(account_routes.router,),
    rebuild=Rebuild(reads=(on(account_rebuild.TYPES, account_rebuild.restore_ledger, group=REBUILD_GROUP),)),
    invariants=INVARIANTS,
)
PROGRAMME = Part[LoyaltySettings](
    routers=(programme_routes.router,),
    rebuild=Rebuild(reads=(on({"programme.changed"}, restore_programmes, group=REBUILD_GROUP),)),
    background=(recompute_customers,),
)

SERVICE = Service(name=NAME, parts=(EARNING, ACCOUNT, PROGRAMME), settle=settle, settings=LoyaltySettings)
