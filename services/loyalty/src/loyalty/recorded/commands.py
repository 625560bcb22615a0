"""What commands, and budgets, have added to lots, as loyalty itself has told of it."""

from collections.abc import Sequence
from typing import NamedTuple

from loyalty.account.rebuild_draws import draw_fact
from loyalty.adjustments.rebuild import facts_told
from loyalty.domain.acts import key_of_act
from loyalty.domain.orders import Fact
from loyalty.draws.events import facts_won
from loyalty.redemptions.rebuild import facts_of
from loyalty.referrals.apply import report_told_by
from loyalty.referrals.rebuild import change_told_by, code_told_by
from mandegar.events import Event
from mandegar.quantities import to_us


def _drawn(event: Event) -> list[tuple[str, Fact]]:
    return [(key_of_act(event.data.act.type, event.data.act.id), draw_fact(event))]


DRAWN = "budget.drawn"
# The facts that each event states. A command is dated behind all that was settled before it; a draw is not.
_COMMANDS = {"redemption.changed": facts_of, "points.adjusted": facts_told, "draw.won": facts_won}
# What is said of referrals is dated at their claims, so what is recorded later than the state does not count either.
_REFERRALS = {
    "referral.code_issued": lambda event: [code_told_by(event)],
    "referral.changed": lambda event: [change_told_by(event)],
    "referral.reported": lambda event: [report_told_by(event)],
}
_FACTS = {**_COMMANDS, **_REFERRALS, DRAWN: _drawn}


class Commands(NamedTuple):
    """Of draws, and of what is said of referrals, those count that were recorded up to ``drawn_until``; None: no
    draws, and budgets are asked again.

    ``unpublished`` are events that wait for the relay.
    """

    drawn_until: int | None = None
    unpublished: Sequence[Event] = ()

    @property
    def types(self) -> frozenset[str]:
        """The types of the events that count."""
        return frozenset(_FACTS if self.drawn_until is not None else _FACTS.keys() - {DRAWN})

    def facts(self, event: Event) -> list[tuple[str, Fact]]:
        """The facts that an event of these types states, each with the id under which it is kept."""
        if self.drawn_until is None:
            return [] if event.type == DRAWN else _FACTS[event.type](event)
        if event.type not in _COMMANDS and to_us(event.recorded_time) > self.drawn_until:
            return []
        return _FACTS[event.type](event)
