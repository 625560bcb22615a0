"""A version of a shop's model: plain numbers, from which every score of the shop follows."""

from collections.abc import Mapping
from math import exp, log
from typing import Any, Final, NamedTuple

from churn.domain.forecast.features import FEATURES, INTERCEPT_MEAN
from churn.domain.forecast.heard import SignalWeights, weights_of
from churn.domain.forecast.rhythm import CLOCKS
from churn.domain.score import Parameters

# log r - log alpha, log r, log a - log b, (log a + log b) / 2 of a shop's population before its data: normal.
POPULATION_MEANS: Final = (-2.0, 0.09, -1.8, -0.35)
POPULATION_SDS: Final = (1.2, 0.6, 1.3, 0.6)
# How many of a shop's customers follow each clock before its data.
CLOCK_SHARES: Final = (0.2, 0.4, 0.25, 0.15)
TRUST_MEAN: Final = 0.8
HORIZON_WEEKS: Final = 8.0


class Component(NamedTuple):
    """The ``share`` of a population whose gaps, raised to ``clock``, follow MBG/NBD with these parameters."""

    clock: float
    share: float
    parameters: Parameters


class Version(NamedTuple):
    """The numbers of one fit.

    ``population`` is MBG/NBD over all customers, ``mixture`` the same by clock. ``intercept`` and ``weights`` (of
    ``FEATURES``) correct it. ``level`` is what the shop's calendar makes of the coming weeks, 1 for as always;
    ``shift`` brings the corrected score to that level. ``trust``, from 0 to 1, is how much the correction counts.
    ``median_value`` is of the shop's purchases, in its currency, 0 if unknown; ``mean_order`` of its orders.
    ``prior_of_population`` and ``prior_of_correction``, from 0 to 1, are how much of either is its prior's.
    ``signals`` is what visits and experiences are worth; None where nothing has shown that they are worth anything.
    """

    population: Parameters
    mixture: tuple[Component, ...]
    intercept: float
    weights: tuple[float, ...]
    level: float
    shift: float
    trust: float
    median_value: float
    mean_order: float
    horizon_weeks: float = HORIZON_WEEKS
    prior_of_population: float = 1.0
    prior_of_correction: float = 1.0
    signals: SignalWeights | None = None

    def numbers(self) -> dict[str, Any]:
        """The version as JSON takes it."""
        mixture = [{**part._asdict(), "parameters": part.parameters._asdict()} for part in self.mixture]
        numbers = {**self._asdict(), "population": self.population._asdict(), "mixture": mixture}
        signals = numbers.pop("signals")
        return numbers if signals is None else {**numbers, "signals": signals.numbers()}


def version_of(numbers: Mapping[str, Any]) -> Version:
    """The version whose ``numbers`` these are, as JSON gave them back; numbers of later releases are left out."""
    known = {name: numbers[name] for name in Version._fields if name in numbers}
    mixture = tuple(
        Component(part["clock"], part["share"], Parameters(**part["parameters"])) for part in numbers["mixture"]
    )
    population, weights = Parameters(**numbers["population"]), tuple(numbers["weights"])
    signals = weights_of(numbers.get("signals"))
    return Version(**{**known, "population": population, "mixture": mixture, "weights": weights, "signals": signals})


def parameters_of(rate: float, shape: float, leaving: float, size: float) -> Parameters:
    """MBG/NBD's parameters from the coordinates that have a normal prior."""
    return Parameters(exp(shape), exp(shape - rate), exp(size + leaving / 2), exp(size - leaving / 2))


def on_clock(parameters: Parameters, clock: float) -> Parameters:
    """The parameters of a population whose gaps are measured on another clock."""
    r, alpha, a, b = parameters
    return Parameters(r, exp(log(r) + clock * (log(alpha) - log(r))), a, b)


def prior_version(horizon_weeks: float = HORIZON_WEEKS) -> Version:
    """The version of a shop of which nothing is known."""
    population = parameters_of(*POPULATION_MEANS)
    shares = zip(CLOCKS, CLOCK_SHARES, strict=True)
    return Version(
        population=population,
        mixture=tuple(Component(clock, share, on_clock(population, clock)) for clock, share in shares),
        intercept=INTERCEPT_MEAN,
        weights=tuple(feature.mean for feature in FEATURES),
        level=1.0,
        shift=0.0,
        trust=TRUST_MEAN,
        median_value=0.0,
        mean_order=0.0,
        horizon_weeks=horizon_weeks,
    )
