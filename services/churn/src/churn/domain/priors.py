"""Parameters for a shop without history: model version 0.

MBG/NBD fitted to the public CDNOW sample (2,357 customers of a music shop, first orders January to March 1997, seen for
39 weeks). A test fits them again. They serve until the shop's own history is enough for a fit.
"""

from churn.domain.model import Model
from churn.domain.score import Parameters

PRIORS = Parameters(r=0.5248, alpha=6.183, a=0.8914, b=1.614)

# With fewer customers or repeat purchases a fit would reflect chance more than the shop.
CUSTOMERS_MIN = 200
REPEATS_MIN = 50


def prior_model() -> Model:
    """Model version 0."""
    return Model(version=0, parameters=PRIORS)
