"""The composition of loyalty: its routes, what it reads, and what it does when something is due."""

from loyalty import handlers, routes
from loyalty.settings import LoyaltySettings
from loyalty.telling import tell_customers
from shared.events.topics import INGEST_EVENTS
from shared.messaging import Subscription
from shared.runner import Service

SERVICE = Service(
    name="loyalty",
    routers=routes.ROUTERS,
    subscriptions=(Subscription(topics=(INGEST_EVENTS,), types=handlers.TYPES, apply=handlers.apply),),
    settle=handlers.settle,
    background=(tell_customers,),
    settings=LoyaltySettings,
)
