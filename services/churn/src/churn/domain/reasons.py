"""Why a score is what it is, in words. The weights add up exactly to the change of the logit since the fresh score.

The change is walked in three steps from the day of the last purchase to now: silence up to the customer's usual gap,
silence beyond it (both make it less likely that they still are a customer), and the rate at which someone so silent
would buy if they still were one.
"""

from math import exp, log1p

from churn.domain.model import Model
from churn.domain.orders import money
from churn.domain.purchases import Statistics, mean_order_value, silence_weeks
from churn.domain.score import Curve, odds
from mandegar.events.churn import Reason

_FEW = 2


def reasons(known: Statistics, model: Model, at_us: int) -> tuple[Reason, ...]:
    """The reasons at an instant, heaviest first; one of no weight when nothing has changed since the last purchase."""
    along = model.curve_of(known)
    silence = silence_weeks(known, at_us)
    usual = along.y0 / along.n
    evidence = _evidence(known, silence, usual)
    if silence <= 0.0:
        return (Reason(code="recent_order", text="Has just ordered", weight=0.0, evidence=evidence),)
    within, beyond, slower = _weights(along, silence, usual)
    found = [_within_usual(known, within, evidence), _slowing_down(along, silence, slower)]
    if beyond > 0.0:
        days, gap = evidence["days_silent"], evidence["usual_gap_days"]
        text = f"Silent for {days} days; usually orders about every {gap} days"
        found.append(Reason(code="silence_longer_than_usual", text=text, weight=beyond, evidence=evidence))
    return tuple(sorted(found, key=lambda reason: -reason.weight))


def _weights(along: Curve, silence: float, usual: float) -> tuple[float, float, float]:
    """The rise of the risk's logit by silence within the usual gap, by silence beyond it, and by the slower rate."""
    fresh, now = odds(along, 0.0), odds(along, silence)
    at_usual = odds(along, min(silence, usual))
    usual_logit = _logit_of(at_usual.log_alive + fresh.log_active)
    alive_logit = _logit_of(now.log_alive + fresh.log_active)
    beyond = usual_logit - alive_logit if silence > usual else 0.0
    return fresh.logit - usual_logit, beyond, alive_logit - now.logit


def _logit_of(log_p: float) -> float:
    return log_p - log1p(-exp(log_p))


def _evidence(known: Statistics, silence: float, usual: float) -> dict[str, str | int | float]:
    return {
        "days_silent": int(silence * 7),
        "usual_gap_days": round(usual * 7),
        "orders": known.orders,
        "mean_order_value": mean_order_value(known),
        "last_order_value": f"{money(known.last_net):.2f}",
    }


def _within_usual(known: Statistics, weight: float, evidence: dict[str, str | int | float]) -> Reason:
    if known.x < _FEW:
        once = "Has ordered on one day only" if known.x == 0 else "Has ordered on two days only"
        text = f"{once}, {evidence['days_silent']} days ago"
        return Reason(code="few_purchases", text=text, weight=weight, evidence=evidence)
    text = f"Last ordered {evidence['days_silent']} days ago"
    return Reason(code="days_since_last_order", text=text, weight=weight, evidence=evidence)


def _slowing_down(along: Curve, silence: float, weight: float) -> Reason:
    before, after = (round(7 * y / along.n) for y in (along.y0, along.y0 + silence))
    text = f"Slowing down: one order in {after} days, was one in {before}"
    return Reason(
        code="slowing_down", text=text, weight=weight, evidence={"gap_days": after, "gap_days_before": before}
    )
