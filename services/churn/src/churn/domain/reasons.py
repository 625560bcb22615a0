"""Why a score is what it is, in words. The weights add up exactly to the change of the logit since the fresh score.

The change is walked in three steps from the day of the last purchase to now: silence up to the customer's usual gap,
silence beyond it (both make it less likely that they still are a customer), and the rate at which someone so silent
would buy if they still were one.
"""

from math import exp, log1p

from churn.domain.orders import money
from churn.domain.score import odds
from churn.domain.standing import Moment, Standing
from mandegar.events.churn import Reason

_FEW = 2


def reasons(standing: Standing, moment: Moment) -> tuple[Reason, ...]:
    """The reasons at a moment, heaviest first; one of no weight when nothing has changed since the last purchase."""
    usual = standing.curve.y0 / standing.curve.n
    evidence = _evidence(standing, moment.silence, usual)
    if moment.silence <= 0.0:
        return (Reason(code="recent_order", text="Ordered today", weight=0.0, evidence=evidence),)
    within, beyond, slower = _weights(standing, moment, usual)
    listed = [_within_usual(standing, within, evidence), _slowing_down(standing, moment.silence, slower)]
    if beyond > 0.0:
        silent, gap = _days(evidence["days_silent"]), _days(evidence["usual_gap_days"])
        text = f"No order for {silent}; the usual gap is about {gap}"
        listed.append(Reason(code="silence_longer_than_usual", text=text, weight=beyond, evidence=evidence))
    return tuple(sorted(listed, key=lambda reason: -reason.weight))


def _weights(standing: Standing, moment: Moment, usual: float) -> tuple[float, float, float]:
    """The rise of the risk's logit by silence within the usual gap, by silence beyond it, and by the slower rate."""
    fresh, now = standing.fresh, moment.odds
    at_usual = odds(standing.curve, min(moment.silence, usual))
    usual_logit = _logit_of(at_usual.log_alive + fresh.log_active)
    alive_logit = _logit_of(now.log_alive + fresh.log_active)
    beyond = usual_logit - alive_logit if moment.silence > usual else 0.0
    return fresh.logit - usual_logit, beyond, alive_logit - now.logit


def _logit_of(log_p: float) -> float:
    return log_p - log1p(-exp(log_p))


def _evidence(standing: Standing, silence: float, usual: float) -> dict[str, str | int | float]:
    statistics = standing.statistics
    return {
        "days_silent": int(silence * 7),
        "usual_gap_days": round(usual * 7),
        "orders": statistics.orders,
        "mean_order_value": statistics.mean_order_value,
        "last_order_value": f"{money(statistics.last_net):.2f}",
    }


def _within_usual(standing: Standing, weight: float, evidence: dict[str, str | int | float]) -> Reason:
    days, x = evidence["days_silent"], standing.statistics.x
    ago = f"more than {_days(days)} ago" if days else "yesterday"  # silence begins when the day of the order ends
    if x < _FEW:
        text = f"Has ordered on {'one day' if x == 0 else 'two days'} only, last {ago}"
        return Reason(code="few_purchases", text=text, weight=weight, evidence=evidence)
    return Reason(code="days_since_last_order", text=f"Last ordered {ago}", weight=weight, evidence=evidence)


def _days(number: str | int | float) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _slowing_down(standing: Standing, silence: float, weight: float) -> Reason:
    along = standing.curve
    before, after = (round(7 * y / along.n) for y in (along.y0, along.y0 + silence))
    text = f"Orders about once in {_days(after)}; before this silence, once in {_days(before)}"
    return Reason(
        code="slowing_down", text=text, weight=weight, evidence={"gap_days": after, "gap_days_before": before}
    )
