"""The composition of loyalty: its routes, what it reads, and what it does when something is due."""

from loyalty.account import routes as account
from loyalty.account.settle import settle
from loyalty.earning.apply import TYPES, apply
from loyalty.invariants import INVARIANTS
from loyalty.programme import routes as programme
from loyalty.programme.recompute import recompute_customers
from loyalty.rebuild.remember import REBUILD
from loyalty.settings import LoyaltySettings
from mandegar.service.parts import Part, Service
from mandegar.stream import on

ACCOUNTS = Part[LoyaltySettings](
    routers=(account.router, programme.router),
    reads=(on(TYPES, apply),),
    rebuild=REBUILD,
    background=(recompute_customers,),
    invariants=INVARIANTS,
)

SERVICE = Service(name="loyalty", parts=(ACCOUNTS,), settle=settle, settings=LoyaltySettings)
