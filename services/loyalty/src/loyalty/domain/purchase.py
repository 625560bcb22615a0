"""An order that earns by rules: what is frozen at its payment, and what each rule gives."""

from collections.abc import Mapping

from loyalty.domain.conditions import Moment
from loyalty.domain.earning import Earning
from loyalty.domain.orders import Step


class Purchase:
    """``first``: it was the first order of its customer. ``by_rule`` are the points that the order earns now by rule.

    ``rules`` are, by the event that changed what the order earns, the rules whose points it changed.
    """

    __slots__ = ("_earning", "_moment", "by_rule", "first", "rules")

    def __init__(self, earning: Earning, moment: Moment) -> None:
        self._earning = earning
        self._moment = moment
        self.first = False
        self.by_rule: dict[str, int] = {}
        self.rules: dict[str, list[str]] = {}

    def points_due(self, step: Step, tier: int, most: int, given: int) -> int:
        """What the order earns from a step on, at most ``most``. It was ``given`` some before.

        Rules that would give more, and may not, are told for no more than what they give.
        """
        before = self.by_rule
        due = self._earning.points_by_rule(step.net, step.total, step.lines, tier, self._moment, first=self.first)
        worth = sum(due.values())
        if worth > most:
            if given >= most:
                return most
            due, worth = _up_to(most, due), most
        if due != before:
            self.by_rule = due
            changed = [name for name in {**before, **due} if before.get(name) != due.get(name)] if before else list(due)
            self.rules[step.cause] = changed
        return worth

    def worth(self, step: Step, tier: int) -> int:
        """What the order would earn at a step, which changes nothing of what is told of it."""
        due = self._earning.points_by_rule(step.net, step.total, step.lines, tier, self._moment, first=self.first)
        return sum(due.values())


def _up_to(most: int, points: Mapping[str, int]) -> dict[str, int]:
    """The points of rules, in their order, as far as they are ``most`` together."""
    kept: dict[str, int] = {}
    for name, of_rule in points.items():
        if some := min(of_rule, most - sum(kept.values())):
            kept[name] = some
    return kept
