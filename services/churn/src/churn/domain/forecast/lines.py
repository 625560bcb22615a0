"""Where bands begin: a half, a quarter and a twelfth of the customer's own fresh probability.

Lines on the probability, not on the odds: odds fall by a quarter long before the probability of a good customer does.
A probability of 2 % means lost too (a sixth of the fresh one, where that is less): a customer with one purchase fades
so slowly that a twelfth is years away.
"""

from math import exp, log, log1p
from typing import Final

SHARES: Final = (1 / 2, 1 / 4, 1 / 12)
LOST_PROBABILITY: Final = 0.02
LOST_SHARE_MAX: Final = 1 / 6


def lines_of(fresh_logit: float) -> tuple[float, ...]:
    """The logits at which ``cooling``, ``at_risk`` and ``lost`` begin, for a customer who was fresh at this logit."""
    log_p = log_probability(fresh_logit)
    log_lines = [log_p + log(share) for share in SHARES]
    log_lines[-1] = max(log_lines[-1], min(log(LOST_PROBABILITY), log_p + log(LOST_SHARE_MAX)))
    return tuple(value - log1p(-exp(value)) for value in log_lines)


def log_probability(logit: float) -> float:
    """The logarithm of the probability of a logit; finite for any finite logit."""
    return -log1p(exp(-logit)) if logit > 0.0 else logit - log1p(exp(logit))
