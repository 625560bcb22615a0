"""Scores of many customers at once: the formulas of ``churn.domain.forecast.curve`` on columns."""

import numpy as np
from scipy.special import expit

from churn.domain.forecast.features import (
    FEATURES,
    GAP_WEEKS,
    LOGIT_MAX,
    REGULAR_GAP_MIN,
    REGULAR_MIN,
    VALUE_MAX,
)
from churn.domain.forecast.heard import ALIVE_MAX, PER_WEEK, SignalWeights
from churn.domain.forecast.version import Component, Version
from churn.domain.score import Parameters
from churn.fitting.likelihood import Floats
from churn.fitting.mixture import log_terms
from churn.fitting.purchases import Rhythms

_CENTRES = np.array([feature.centre for feature in FEATURES])
_SCALES = np.array([feature.scale for feature in FEATURES])


def closed_form(population: Parameters, x: Floats, t_x: Floats, silence: Floats, weeks: float) -> Floats:
    """The logit of P(buys within ``weeks``) by MBG/NBD."""
    r, alpha, a, b = population
    n, y0 = r + x, alpha + t_x
    w = n * np.log1p(silence / y0) - np.log((b + x) / a)
    log_alive = -np.logaddexp(0.0, w)
    log_none = -n * np.log1p(weeks / (y0 + silence))
    logit: Floats = log_alive + np.log(-np.expm1(log_none)) - np.logaddexp(w + log_alive, log_alive + log_none)
    return logit


def features(rhythms: Rhythms, version: Version) -> Floats:
    """The features of the correction, centred and scaled: a row for each feature, a column for each customer."""
    x, t_x, u = rhythms.x, rhythms.t_x, rhythms.silence
    here, fresh = _by_clocks(rhythms, version.mixture, version.horizon_weeks)
    late = np.log(u + 0.5) - np.log((t_x + GAP_WEEKS) / (x + 1.0))
    rows = np.array(
        [
            closed_form(version.population, x, t_x, u, version.horizon_weeks),
            here,
            fresh,
            np.maximum(late - np.log(2.0), 0.0),
            np.maximum(late - np.log(4.0), 0.0),
            np.where(x == 0.0, np.log1p(u), 0.0),
            np.log1p(x),
            np.log1p(t_x + u),
            *np.log1p(rhythms.decayed),
            np.log1p(_relative_value(rhythms, version.median_value)),
            _regularity(rhythms),
        ]
    )
    scaled: Floats = (rows - _CENTRES[:, None]) / _SCALES[:, None]
    return scaled


def base_logits(rhythms: Rhythms, version: Version) -> Floats:
    """The logit by the closed form, at the level of the coming weeks."""
    weeks = version.horizon_weeks * version.level
    return closed_form(version.population, rhythms.x, rhythms.t_x, rhythms.silence, weeks)


def corrected_logits(rhythms: Rhythms, version: Version) -> Floats:
    """The logit by the correction."""
    scaled = features(rhythms, version)
    closed = scaled[0] * _SCALES[0] + _CENTRES[0]
    logits: Floats = closed + version.intercept + version.shift + np.array(version.weights) @ scaled
    return logits


def logits(rhythms: Rhythms, version: Version) -> Floats:
    """The logit of P(buys within the horizon): the score."""
    mixed = logits_by_purchases(rhythms, version)
    if version.signals is None:
        return mixed
    rows = signal_features(rhythms, version.signals.visits, mixed)
    heard: Floats = mixed + effective_weights(version.signals) @ rows + version.signals.shift
    return heard


def logits_by_purchases(rhythms: Rhythms, version: Version) -> Floats:
    """The same without signals."""
    mixed: Floats = (1.0 - version.trust) * base_logits(rhythms, version)
    if version.trust:
        mixed = mixed + version.trust * corrected_logits(rhythms, version)
    return mixed


def signal_features(rhythms: Rhythms, visits: Parameters, by_purchases: Floats) -> Floats:
    """What signals add, a row for each weight of ``SignalWeights`` in its order; none where there are no signals."""
    heard, nothing = rhythms.heard, np.zeros(len(by_purchases))
    if heard is None:
        return np.array([by_purchases, *[nothing] * 5])
    r, alpha, _, b = visits
    x = np.maximum(heard.visits - 1.0, 0.0)
    alive = np.log1p(x / b) - (r + x) * np.log1p(heard.unseen / (alpha + heard.t_x))
    alive = np.where(heard.visits > 0.0, np.clip(alive, -ALIVE_MAX, ALIVE_MAX), 0.0)
    recent = np.log1p(heard.decayed * np.exp(PER_WEEK * heard.unseen))
    once = np.where(rhythms.x == 0.0, heard.unhappy, 0.0)
    rows: Floats = np.array([by_purchases, alive, recent, heard.unhappy, once, heard.glad])
    return rows


def effective_weights(signals: SignalWeights) -> Floats:
    """The weights of ``signal_features``, as far as they are trusted."""
    visits, experience = signals.trust_visits, signals.trust_experience
    return np.array(
        [
            *(visits * np.array([signals.slope, signals.alive, signals.recent])),
            *(experience * np.array([signals.unhappy, signals.unhappy_first, signals.glad])),
        ]
    )


def sigmoid(logit: Floats) -> Floats:
    """The probability of a logit."""
    probability: Floats = expit(logit)
    return probability


def log_losses(logit: Floats, bought: Floats) -> Floats:
    """The log loss of each customer, exact for any logit."""
    losses: Floats = np.logaddexp(0.0, logit) - bought * logit
    return losses


def _by_clocks(rhythms: Rhythms, mixture: tuple[Component, ...], weeks: float) -> tuple[Floats, Floats]:
    """The logit of being a customer still, and of P(buys within ``weeks``) on the day of the last purchase."""
    here, gone, buys, idle = [], [], [], []
    for nth, part in enumerate(mixture):
        log_weight, y0, n, log_gone = log_terms(rhythms, part, nth)
        log_none = -n * np.log1p(weeks**part.clock / y0)
        here.append(log_weight - n * np.log1p(rhythms.silence**part.clock / y0))
        gone.append(log_weight + log_gone)
        buys.append(log_weight + np.log(-np.expm1(log_none)))
        idle.append(log_weight + log_none)
    log_here, log_gone_, log_buys, log_idle = (np.logaddexp.reduce(logs, axis=0) for logs in (here, gone, buys, idle))
    fresh = log_buys - np.logaddexp(log_gone_, log_idle)
    return np.clip(log_here - log_gone_, -LOGIT_MAX, LOGIT_MAX), np.clip(fresh, -LOGIT_MAX, LOGIT_MAX)


def _relative_value(rhythms: Rhythms, median_value: float) -> Floats:
    if median_value <= 0.0:
        return np.ones_like(rhythms.net)
    return np.clip(rhythms.net / (rhythms.x + 1.0) / median_value, 0.0, VALUE_MAX)


def _regularity(rhythms: Rhythms) -> Floats:
    regular = rhythms.x >= REGULAR_MIN
    x = np.where(regular, rhythms.x, float(REGULAR_MIN))
    mean = rhythms.t_x / x
    variance = np.maximum((rhythms.squared_gaps - x * mean * mean) / (x - 1.0), 0.0)
    spread = variance / np.maximum(mean, REGULAR_GAP_MIN) ** 2
    return np.where(regular, np.maximum(-np.log((spread * (x - 1.0) + 2.0) / (x + 1.0)), 0.0), 0.0)
