"""An order that earns by rules: what is frozen at its payment, and what each rule gives."""

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

    def points_due(self, step: Step, tier: int, most: int) -> int:
        """What the order earns from a step on, at most ``most``."""
        before = self.by_rule
        due = self._earning.points_by_rule(step.net, step.total, step.lines, tier, self._moment, first=self.first)
        if due != before:
            self.by_rule = due
            changed = [name for name in {**before, **due} if before.get(name) != due.get(name)] if before else list(due)
            self.rules[step.cause] = changed
        return min(sum(due.values()), most)
