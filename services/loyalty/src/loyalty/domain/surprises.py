"""Orders that win: a rule draws a number for each order, so whoever has the seed of the rule finds the same ones.

An order that wins is kept beside itself, like an act. It loses what it won while it is worth too little, which is how
points follow refunds.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from loyalty.domain.act_rules import SURPRISE, ActRule, Surprise
from loyalty.domain.acts import key_of_act
from loyalty.domain.orders import ACTED, TAKINGS, WITHDRAWN, Fact, Step, net_steps
from loyalty.domain.programme import Programme, in_force

# A number has so many bits.
_BITS = 64
NUMBERS = 1 << _BITS
_CONTROL = "\x1f"


def number_of(seed: str, rule: str, order_id: str) -> int:
    """The number of an order: the first eight bytes of HMAC-SHA256 of ``rule``, a line end and the order's id."""
    digest = hmac.digest(seed.encode(), f"{rule}\n{order_id}".encode(), sha256)
    return int.from_bytes(digest[: _BITS // 8])


def have_surprises(programmes: Iterable[Programme]) -> bool:
    """Whether orders may win."""
    return any(programme.acts is not None and programme.acts.surprises for programme in programmes)


def winners(
    facts: Mapping[str, Sequence[Fact]], programmes: Sequence[Programme], now: int
) -> Iterator[tuple[str, list[Fact]]]:
    """The orders that have won by ``now``, each under the id of what it won, with the facts of that."""
    for order_id, some in facts.items():
        if _is_order(order_id):
            steps = net_steps([fact for fact in some if fact.at <= now and fact.kind not in TAKINGS])
            acts = in_force(programmes, steps[0].at).acts if steps else None
            for rule in acts.surprises if acts is not None else ():
                surprise = rule.surprise
                if surprise is not None and wins(rule, surprise, order_id) and (won := _facts_of(steps, surprise)):
                    yield key_of_act(SURPRISE, f"{rule.name}/{order_id}"), won


def wins(rule: ActRule, surprise: Surprise, order_id: str) -> bool:
    """Whether an order wins, if it is worth enough."""
    return number_of(surprise.seed, rule.name, order_id) < surprise.below


def may_win(order_id: str, programmes: Iterable[Programme]) -> bool:
    """Whether an order wins under any version, if it is worth enough."""
    rules = {rule for programme in programmes if programme.acts is not None for rule in programme.acts.surprises}
    return _is_order(order_id) and any(
        rule.surprise is not None and wins(rule, rule.surprise, order_id) for rule in rules
    )


def _is_order(order_id: str) -> bool:
    """Whether an id is one of the shop; what is kept beside orders has a control character in its own."""
    return _CONTROL not in order_id


def _facts_of(steps: Sequence[Step], surprise: Surprise) -> list[Fact]:
    """That the order is worth enough, is not any more, and is again."""
    facts: list[Fact] = []
    for step in steps:
        is_enough = step.net >= max(surprise.min_spend, 1)
        if not facts and is_enough:
            facts.append(Fact(step.at, step.cause, ACTED, 0))
        elif facts and is_enough != (facts[-1].kind == ACTED or facts[-1].amount > 0):
            facts.append(Fact(step.at, step.cause, WITHDRAWN, 1 if is_enough else 0))
    return facts
