"""What an event states of a customer: a value, and when and by which event it was set."""

from typing import Any, NamedTuple


class Stamped(NamedTuple):
    """A value with the time (microseconds) and id of the event that set it. What was cleared has the value None.

    ``ahead``: by so much the clock of whoever wrote it was ahead of ours. It decides between addresses that came at one
    instant alone: a shop may have two clocks, and the wrong one must not win for hours.
    """

    value: Any
    at: int
    event_id: str
    ahead: int = 0

    @property
    def age(self) -> tuple[int, int, str]:
        """Which of two values is the newer one."""
        return self.at, self.ahead, self.event_id
