"""When memory is flat: the straight line through the second half of its samples rises by next to nothing."""

from statistics import linear_regression

from bench.figures import Measured

MB = 1e6
RESIDENT_MAX_MB = 150.0
RISE_MAX_MB = 3.0


class Samples:
    """Resident memory over time. The first half is left out of the slope: caches and pools fill there."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._megabytes: list[float] = []

    def add(self, seconds: float, resident: int) -> None:
        self._seconds.append(seconds)
        self._megabytes.append(resident / MB)

    def measured(self) -> list[Measured]:
        """The most, and what the line through the second half rises by from its beginning to its end, in MB."""
        seconds, megabytes = (of[len(of) // 2 :] for of in (self._seconds, self._megabytes))
        slope = linear_regression(seconds, megabytes).slope
        return [Measured(max(self._megabytes)), Measured(slope * (seconds[-1] - seconds[0]))]
