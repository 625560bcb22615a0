"""The composition of loyalty: its routes, what it reads, and what it does when something is due."""

from loyalty.handlers.apply import TYPES, apply
from loyalty.handlers.rebuild import REBUILD
from loyalty.handlers.settle import settle
from loyalty.recompute import recompute_customers
from loyalty.routes import ROUTERS
from loyalty.settings import LoyaltySettings
from mandegar.events.topics import INGEST_EVENTS
from mandegar.run.runner import Service
from mandegar.stream import Subscription

SERVICE = Service(
    name="loyalty",
    routers=ROUTERS,
    subscriptions=(Subscription(topics=(INGEST_EVENTS,), types=TYPES, apply=apply),),
    settle=settle,
    background=(recompute_customers,),
    settings=LoyaltySettings,
    rebuild=REBUILD,
)
