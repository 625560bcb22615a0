"""A model: a version of a shop's numbers, by which its customers are scored, and what number it has."""

from dataclasses import dataclass

from churn.domain.forecast.version import Version, prior_version


@dataclass(frozen=True, slots=True)
class Model:
    """What scores are computed with. Version 0 is the prior, of a shop that nothing was fitted to."""

    version: int
    numbers: Version

    @property
    def horizon_days(self) -> int:
        """One horizon for a whole shop, so that its customers compare and its scores can be checked."""
        return round(self.numbers.horizon_weeks * 7)


def prior_model() -> Model:
    """Model version 0."""
    return Model(0, prior_version())
