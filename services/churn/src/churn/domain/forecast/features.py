"""The features of the correction, with the prior of their weights, which was learned from other shops.

None rises in silence: a feature that falls may have a weight above zero, one that grows a weight below zero, and one
that stays any weight. So no score rises in silence, whatever a shop's history teaches.
"""

from math import inf
from typing import Final, NamedTuple


class Feature(NamedTuple):
    """The term weight * (f - centre) / scale of the score's logit; weights are normal(``mean``, ``sd``) before data.

    Weights lie between ``low`` and ``high``: the signs that keep the score from rising.
    """

    name: str
    centre: float
    scale: float
    mean: float
    sd: float
    low: float = -inf
    high: float = inf


# In the order of a version's weights. u: weeks of silence; x, t_x: repeat purchases and weeks until the last of them;
# gap = (t_x + 8) / (x + 1), the mean gap, drawn towards eight weeks.
FEATURES: Final = (
    # of P(buys within the horizon) by the population's closed form; its own slope of 1 comes first
    Feature("logit of the closed form", -1.5, 1.5, -0.702, 0.462, low=-1.5),
    # by the customer's own regularity
    Feature("logit of being a customer still", 0.5, 1.5, 0.176, 0.230, low=0.0),
    # P(buys within the horizon) by the mixture of clocks, on the day of the last purchase
    Feature("logit of the fresh mixture", -1.0, 1.2, 0.110, 0.110),
    # log((u + .5) / gap) above log 2, and above log 4
    Feature("silence beyond two gaps", 0.5, 0.7, -0.078, 0.078, high=0.0),
    Feature("silence beyond four gaps", 0.2, 0.4, -0.028, 0.040, high=0.0),
    # log(1 + u) of customers with one purchase
    Feature("silence after one purchase", 0.5, 1.0, -0.086, 0.106, high=0.0),
    # the logarithms of 1 + x and of 1 + t_x + u
    Feature("repeat purchases", 1.2, 1.0, 0.091, 0.192),
    Feature("age", 3.0, 0.7, -0.101, 0.122, high=0.0),
    # log(1 + purchases, each decayed by its age)
    Feature("purchases of about a month", 0.4, 0.5, 0.067, 0.064, low=0.0),
    Feature("purchases of about a quarter", 0.7, 0.7, 0.117, 0.130, low=0.0),
    Feature("purchases of about half a year", 0.9, 0.8, 0.109, 0.079, low=0.0),
    # log(1 + mean value of a purchase / the shop's median)
    Feature("value", 0.7, 0.35, 0.040, 0.082),
    # -log of the squared coefficient of variation of gaps, drawn towards 1; from three repeat purchases on
    Feature("regularity", 0.1, 0.2, 0.077, 0.099),
)
# The intercept's prior: normal with this mean and a variance of a half.
INTERCEPT_MEAN: Final = 0.070
# Weeks that the mean gap is drawn towards, and how many gaps of this length are counted in.
GAP_WEEKS: Final = 8.0
# Logits beyond this are no evidence.
LOGIT_MAX: Final = 8.0
# A shop's own median says little of a customer a hundred times above it.
VALUE_MAX: Final = 20.0
# Repeat purchases from which on regularity is looked at, and the shortest mean gap, in weeks, that it is measured by.
REGULAR_MIN: Final = 3
REGULAR_GAP_MIN: Final = 0.1
