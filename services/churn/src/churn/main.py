"""What churn is made of."""

from churn.card import apply as card
from churn.card.parts import TYPES as CARD_TYPES
from churn.handlers.apply import TYPES, apply
from churn.handlers.rebuild import plan
from churn.handlers.settle import NAME, settle
from churn.modelling.keep_models import keep_models
from churn.modelling.keep_terms import keep_terms
from churn.routes import ROUTERS
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
    routers=ROUTERS,
    subscriptions=(Subscription(topics=(INGEST_EVENTS,), types=TYPES, apply=apply), CARD),
    settle=settle,
    background=(keep_models, keep_terms),
    settings=ChurnSettings,
    rebuild=plan(CARD),
)
