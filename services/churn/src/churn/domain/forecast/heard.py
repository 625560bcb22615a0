"""What signals add to a customer's score: visits hold it up, what they are unhappy of lowers it.

Signals are terms beside the score by purchases: slope * (logit by purchases) + visits + experience + shift. All weights
have the sign that common sense gives them, and start at none: a shop's own past has to show what they are worth, and
one that sends no signals has none (``Version.signals`` is None), so that its scores are those of purchases alone.

With x repeat visits until t_x and v weeks since the last, the visits' own MBG/NBD gives the logit of visiting still,

    alive = log(1 + x / b) - (r + x) log(1 + v / (alpha + t_x)),    within +-``ALIVE_MAX``

counted from that of somebody's first visit, so that it is zero for who was never seen. It rises with a visit, and so
does log(1 + d), d the visits decayed by their age; both fall while none comes. Until the last visit they count as then,
so the whole score never rises in silence. What a customer was unhappy of counts from its instant on: a step down.
"""

from math import exp, log, log1p
from typing import Any, Final, NamedTuple

from churn.domain.score import Parameters
from churn.domain.signals.experience import Cause, felt
from churn.domain.signals.state import Signals
from churn.domain.signals.visited import HALF_LIFE_DAYS, NEVER, Visited, decayed, until
from mandegar.quantities import DAY_US, WEEK_US

ALIVE_MAX: Final = 8.0
# Together no more than so many complaints, or so much praise, count.
FELT_MAX: Final = 2.0
PER_WEEK: Final = -7.0 * log(2.0) / HALF_LIFE_DAYS


class SignalWeights(NamedTuple):
    """What a fit has learned of signals. ``visits`` is MBG/NBD over days with a visit.

    The weights belong to two groups, each with its trust from 0 to 1: ``slope`` (added to 1, of the score by
    purchases), ``alive`` and ``recent`` (0 or more) to visits; ``unhappy``, and ``unhappy_first`` of who has bought
    once (0 or less), and ``glad`` (0 or more) to experience. ``shift`` keeps the mean probability.
    """

    visits: Parameters
    slope: float = 0.0
    alive: float = 0.0
    recent: float = 0.0
    unhappy: float = 0.0
    unhappy_first: float = 0.0
    glad: float = 0.0
    trust_visits: float = 1.0
    trust_experience: float = 1.0
    shift: float = 0.0

    def numbers(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {**self._asdict(), "visits": self.visits._asdict()}


def weights_of(numbers: dict[str, Any] | None) -> SignalWeights | None:
    """The weights whose ``numbers`` these are; those of later releases are left out."""
    if numbers is None:
        return None
    known = {name: numbers[name] for name in SignalWeights._fields if name in numbers}
    return SignalWeights(**{**known, "visits": Parameters(**numbers["visits"])})


class VisitTerms(NamedTuple):
    """The visits' part as a function of silence; ``lag`` is weeks from the last purchase to the last visit."""

    alive: float
    recent: float
    log_more: float
    n: float
    y0: float
    decayed: float
    lag: float

    def at(self, silence: float) -> float:
        """The visits' part after so many weeks without a purchase."""
        unseen = max(silence - self.lag, 0.0)
        alive = self.log_more - self.n * log1p(unseen / self.y0)
        logit = self.alive * min(max(alive, -ALIVE_MAX), ALIVE_MAX)
        return logit + self.recent * log1p(self.decayed * exp(PER_WEEK * unseen))


class Step(NamedTuple):
    """From ``silence`` weeks on the logit is lower by what a cause ``weighs`` (0 or less)."""

    silence: float
    cause: Cause
    weighs: float


class Heard(NamedTuple):
    """What the signals of one customer add to their score since the last purchase.

    ``visits`` is None for who was never seen. ``visited_before`` is the part of the visits until the day of the last
    purchase, if none had followed. ``steps`` are in order of time; ``glad`` counts as one with all of the silence.
    """

    slope: float
    shift: float
    visits: VisitTerms | None
    visited_before: VisitTerms | None
    steps: tuple[Step, ...]
    glad: tuple[tuple[Cause, float], ...]

    def fresh(self) -> float:
        """What they add on the day of the last purchase."""
        return self.shift + (self.visited_before.at(0.0) if self.visited_before else 0.0)

    def visited(self, silence: float) -> float:
        """The visits' part. Before the last visit it is no lower than those before the last purchase have left it."""
        if self.visits is None:
            return 0.0
        logit = self.visits.at(silence)
        if silence < self.visits.lag and self.visited_before is not None:
            return max(logit, self.visited_before.at(silence))
        return logit

    def at(self, silence: float) -> float:
        """What they add after so many weeks of silence."""
        logit = self.shift + self.visited(silence) + sum(weight for _, weight in self.glad)
        return logit + sum(step.weighs for step in self.steps if step.silence <= silence)


def hear(signals: Signals, weights: SignalWeights | None, x: int, silent_from_us: int) -> Heard | None:
    """What signals add to a customer with ``x`` repeat purchases, silent since an instant; None where none can.

    A complaint that was answered weighs less from its beginning on.
    """
    if weights is None:
        return None
    trust = weights.trust_visits
    visits = _visit_terms(signals.visited, weights, silent_from_us)
    before = _visit_terms(until(signals.visited, (silent_from_us - 1) // DAY_US), weights, silent_from_us)
    steps, glad = _felt_terms(signals, weights, x, silent_from_us)
    return Heard(1.0 + trust * weights.slope, weights.shift, visits, before, steps, glad)


def _visit_terms(visited: Visited, weights: SignalWeights, silent_from_us: int) -> VisitTerms | None:
    if visited == NEVER:
        return None
    r, alpha, _, b = weights.visits
    x, trust = visited.number - 1, weights.trust_visits
    lag = ((visited.last + 1) * DAY_US - silent_from_us) / WEEK_US
    return VisitTerms(
        alive=trust * weights.alive,
        recent=trust * weights.recent,
        log_more=log1p(x / b),
        n=r + x,
        y0=alpha + visited.span_days / 7,
        decayed=decayed(visited),
        lag=lag,
    )


def _felt_terms(
    signals: Signals, weights: SignalWeights, x: int, silent_from_us: int
) -> tuple[tuple[Step, ...], tuple[tuple[Cause, float], ...]]:
    """Steps down and praise; what happened before the day of the last purchase was over has been forgiven by it."""
    unhappy = weights.trust_experience * (weights.unhappy + (weights.unhappy_first if x == 0 else 0.0))
    praise = weights.trust_experience * weights.glad
    steps, glad, left, room = [], [], FELT_MAX, FELT_MAX
    for each in felt(signals.facts):
        if each.at_us < silent_from_us:
            continue
        strength, silence = each.strength_known, (each.at_us - silent_from_us) / WEEK_US
        if strength < 0:
            counted = min(-strength, left)
            left -= counted
            steps.append(Step(silence, each.cause, unhappy * counted))
        else:
            counted = min(strength, room)
            room -= counted
            glad.append((each.cause, praise * counted))
    return tuple(steps), tuple(glad)
