"""The composition root of churn: its parts, in the order in which they apply a batch."""

from churn.card import apply as card
from churn.card import routes as card_routes
from churn.card.rules import TYPES as CARD_TYPES
from churn.customers.apply import TYPES, apply
from churn.customers.events import NAME
from churn.customers.invariants import INVARIANTS, broken_folds
from churn.customers.settle import settle
from churn.models.fit_when_due import fit_when_due
from churn.models.recompute import recompute_customers
from churn.rebuild.apply import REBUILD
from churn.risk import list_routes
from churn.risk import routes as risk_routes
from churn.settings import ChurnSettings
from mandegar.service.parts import Part, Service
from mandegar.stream import on

SERVICE = Service(
    name=NAME,
    parts=(
        Part(reads=(on(TYPES, apply),), rebuild=REBUILD, invariants=INVARIANTS, checks=(broken_folds,)),
        Part(background=(fit_when_due, recompute_customers)),
        Part(routers=(risk_routes.router, list_routes.router)),
        Part(
            routers=(card_routes.router,),
            reads=(on(CARD_TYPES, card.apply, group="card", locks_customers=False),),
        ),
    ),
    settle=settle,
    settings=ChurnSettings,
)
