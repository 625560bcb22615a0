"""What churn is made of."""

from churn.card import apply as card
from churn.card import routes as card_routes
from churn.card.rules import TYPES as CARD_TYPES
from churn.customers.apply import TYPES, apply
from churn.customers.settle import NAME, settle
from churn.invariants import INVARIANTS, broken_folds
from churn.models.fit_when_due import keep_models
from churn.models.recompute import keep_terms
from churn.rebuild.remember import REBUILD
from churn.risk import list_routes
from churn.risk import routes as risk_routes
from churn.settings import ChurnSettings
from mandegar.service.parts import Part, Service
from mandegar.stream import on

CUSTOMERS = Part[ChurnSettings](
    routers=(risk_routes.router, list_routes.router),
    reads=(on(TYPES, apply),),
    rebuild=REBUILD,
    background=(keep_models, keep_terms),
    invariants=INVARIANTS,
    checks=(broken_folds,),
)
CARD = Part[ChurnSettings](
    routers=(card_routes.router,), reads=(on(CARD_TYPES, card.apply, group="card", locks_customers=False),)
)

SERVICE = Service(name=NAME, parts=(CUSTOMERS, CARD), settle=settle, settings=ChurnSettings)
