"""What churn is made of."""

from churn.card import apply as card
from churn.card import routes as card_routes
from churn.card.parts import TYPES as CARD_TYPES
from churn.customers.apply import TYPES, apply
from churn.customers.settle import NAME, settle
from churn.models.fit_when_due import keep_models
from churn.models.recompute import keep_terms
from churn.rebuild.remember import plan
from churn.risk import list_routes
from churn.risk import routes as risk_routes
from churn.settings import ChurnSettings
from mandegar.events.topics import INGEST_EVENTS, LOYALTY_EVENTS, NOTIFY_EVENTS
from mandegar.run.runner import Service
from mandegar.stream import Subscription

CARD = Subscription(
    topics=(LOYALTY_EVENTS, NOTIFY_EVENTS),
    types=CARD_TYPES,
    apply=card.apply,
    group="card",
    locks_customers=False,
)

SERVICE = Service(
    name=NAME,
    routers=(risk_routes.router, list_routes.router, card_routes.router),
    subscriptions=(Subscription(topics=(INGEST_EVENTS,), types=TYPES, apply=apply), CARD),
    settle=settle,
    background=(keep_models, keep_terms),
    settings=ChurnSettings,
    rebuild=plan(CARD),
)
