"""Log lines that repeat while something stays wrong: the first at once, then one a minute that counts the others."""

from mandegar.clock import monotonic_seconds

EVERY_SECONDS = 60.0


class Seldom:
    """Decides for each kind of line whether it is due; one per place in the code that logs."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[float, int]] = {}

    def times(self, kind: str) -> int:
        """How often it happened since the last line of this kind, this time included; 0 if no line is due."""
        now = monotonic_seconds()
        last, held_back = self._kinds.get(kind, (-EVERY_SECONDS, 0))
        if now - last < EVERY_SECONDS:
            self._kinds[kind] = (last, held_back + 1)
            return 0
        self._kinds[kind] = (now, 0)
        return held_back + 1
