"""One version of a shop's model, from the purchases of a sample of its customers up to the end of a day."""

from hashlib import blake2b
from typing import Final

import numpy as np

from churn.domain.forecast.version import HORIZON_WEEKS, Version, prior_version
from churn.fitting.bias import fit_bias
from churn.fitting.correction import fit_correction
from churn.fitting.hearing import fit_signals
from churn.fitting.learned import prior_of_population
from churn.fitting.level import fit_level, fit_shift
from churn.fitting.likelihood import Ints, cells_of
from churn.fitting.mixture import fit_mixture
from churn.fitting.population import fit_population
from churn.fitting.purchases import Purchases

SAMPLE_MAX: Final = 20_000


def fit_version(purchases: Purchases, day: int, customers: Ints, horizon_weeks: float = HORIZON_WEEKS) -> Version:
    """Fit everything but the trusts, which need versions that have matured, to some customers' purchases by ``day``.

    The same input gives the same numbers, to the last bit.
    """
    version = prior_version(horizon_weeks)
    rhythms = purchases.on(day, customers)
    if not len(rhythms.x):
        return version
    whole = cells_of(rhythms.x, rhythms.t_x, rhythms.t_x + rhythms.silence, np.ones(len(rhythms.x)))
    population = fit_population(whole)
    version = version._replace(
        population=population,
        mixture=fit_mixture(rhythms, population),
        prior_of_population=prior_of_population(whole, population),
    )
    paid = purchases.net[purchases.places_of(rhythms)]
    paid = paid[paid > 0.0]
    version = version._replace(
        median_value=float(np.median(paid)) if len(paid) else 0.0,
        mean_order=float(np.sum(rhythms.net) / np.sum(rhythms.orders)),
    )
    version = fit_correction(purchases, customers, day, version)
    version = version._replace(level=fit_level(purchases, customers, day, version))
    bias = fit_bias(purchases, customers, day, version)
    version = version._replace(shift=fit_shift(purchases, customers, day, version, bias))
    return fit_signals(purchases, customers, day, version)


def sampled(ids: list[str]) -> Ints:
    """The places of at most ``SAMPLE_MAX`` customers, chosen by a hash of their ids, in order of place."""
    if len(ids) <= SAMPLE_MAX:
        return np.arange(len(ids))
    hashes = [blake2b(customer.encode(), digest_size=8).digest() for customer in ids]
    return np.sort(np.array(sorted(range(len(ids)), key=lambda place: hashes[place])[:SAMPLE_MAX]))
