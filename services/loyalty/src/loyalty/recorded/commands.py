"""What commands, and budgets, have added to lots, as loyalty itself has told of it."""

from collections.abc import Sequence
from typing import NamedTuple

from loyalty.account.rebuild_draws import draw_fact
from loyalty.adjustments.rebuild import facts_told
from loyalty.domain.acts import key_of_act
from loyalty.domain.orders import Fact
from loyalty.redemptions.rebuild import facts_of
from mandegar.events import Event
from mandegar.quantities import to_us


def _drawn(event: Event) -> list[tuple[str, Fact]]:
    return [(key_of_act(event.data.act.type, event.data.act.id), draw_fact(event))]


DRAWN = "budget.drawn"
# The facts that each event states. A command is dated behind all that was settled before it; a draw is not.
_COMMANDS = {"redemption.changed": facts_of, "points.adjusted": facts_told}
_FACTS = {**_COMMANDS, DRAWN: _drawn}


class Commands(NamedTuple):
    """Of draws those count that were recorded up to ``drawn_until``; None: none, and budgets are asked again.

    ``unpublished`` are events that wait for the relay.
    """

    drawn_until: int | None = None
    unpublished: Sequence[Event] = ()

    @property
    def types(self) -> frozenset[str]:
        """The types of the events that count."""
        return frozenset(_COMMANDS if self.drawn_until is None else _FACTS)

    def facts(self, event: Event) -> list[tuple[str, Fact]]:
        """The facts that an event of these types states, each with the id under which it is kept."""
        if event.type == DRAWN and (self.drawn_until is None or to_us(event.recorded_time) > self.drawn_until):
            return []
        return _FACTS[event.type](event)
