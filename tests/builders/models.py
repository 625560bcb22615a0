"""Models of shops whose customers order otherwise than the prior expects."""

from churn.domain.forecast.features import FEATURES
from churn.domain.forecast.version import Component, prior_version
from churn.domain.model import Model
from churn.domain.score import Parameters


def model_of(version: int, *population: float) -> Model:
    """The prior's model with the population (r, alpha, a, b), on each clock, in a shop of small orders.

    Value counts ten times what the prior makes of it, so that who forgets it scores otherwise.
    """
    prior = prior_version()
    r, alpha, a, b = population
    mixture = tuple(
        Component(part.clock, part.share, Parameters(r, r * (alpha / r) ** part.clock, a, b)) for part in prior.mixture
    )
    weights = tuple(
        10 * weight if feature.name == "value" else weight
        for weight, feature in zip(prior.weights, FEATURES, strict=True)
    )
    numbers = prior._replace(population=Parameters(r, alpha, a, b), mixture=mixture, weights=weights)
    return Model(version, numbers._replace(median_value=15.0, mean_order=20.0))
