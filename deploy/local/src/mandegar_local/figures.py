"""What a service measures of its work: lag, backlog and dead letters, from its page of metrics."""

from dataclasses import dataclass
from math import isnan, nan

import httpx2
from prometheus_client.parser import text_string_to_metric_families

_LAG = "kafka_consumer_lag_records"
_LAG_SECONDS = "kafka_consumer_lag_seconds"
_BACKLOG = "outbox_rows"
_LETTERS = "dead_letters_open"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a service measures of its work; None for what it does not know or did not answer."""

    lag: int | None = None
    backlog: int | None = None
    dead_letters: int | None = None
    lag_seconds: int | None = None

    def cells(self) -> tuple[str, str, str]:
        """As they are shown."""
        lag = _number(self.lag) + (f", {self.lag_seconds} s" if self.lag and self.lag_seconds else "")
        return (lag, _number(self.backlog), _number(self.dead_letters))


UNKNOWN = Figures()


async def query_figures(client: httpx2.AsyncClient, url: str) -> Figures:
    """The figures of a service; unknown ones if it does not answer."""
    try:
        gauges = read_gauges((await client.get(f"{url}/metrics")).text)
    except (httpx2.HTTPError, ValueError):
        return UNKNOWN
    return Figures(gauges.get(_LAG), gauges.get(_BACKLOG), gauges.get(_LETTERS), gauges.get(_LAG_SECONDS))


def read_gauges(text: str) -> dict[str, int]:
    """Lag, backlog and dead letters in a page of metrics, each summed over its labels, without unknown ones (NaN).

    Of the lag in seconds it is the largest.
    """
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        values = [sample.value for sample in family.samples]
        if family.name in (_LAG, _BACKLOG, _LETTERS):
            sums[family.name] = sums.get(family.name, 0) + sum(values)
        elif family.name == _LAG_SECONDS:
            sums[family.name] = max((value for value in values if not isnan(value)), default=nan)
    return {name: int(value) for name, value in sums.items() if not isnan(value)}


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
