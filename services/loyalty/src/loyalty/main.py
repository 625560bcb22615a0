"""The composition of loyalty: its routes, what it reads, and what it does when something is due."""

from loyalty.account import routes as account
from loyalty.account.settle import settle
from loyalty.earning.apply import TYPES, apply
from loyalty.programme import routes as programme
from loyalty.programme.recompute import recompute_customers
from loyalty.rebuild.remember import REBUILD
from loyalty.settings import LoyaltySettings
from mandegar.events.topics import INGEST_EVENTS
from mandegar.run.runner import Service
from mandegar.stream import Subscription

SERVICE = Service(
    name="loyalty",
    routers=(account.router, programme.router),
    subscriptions=(Subscription(topics=(INGEST_EVENTS,), types=TYPES, apply=apply),),
    settle=settle,
    background=(recompute_customers,),
    settings=LoyaltySettings,
    rebuild=REBUILD,
)
