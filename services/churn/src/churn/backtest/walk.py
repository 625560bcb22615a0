"""How customers move through the bands while versions follow each other, by the curves and crossings of the service."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import exp
from typing import Final, NamedTuple

from churn.domain.bands import BANDS
from churn.domain.forecast.crossing import silence_until
from churn.domain.forecast.curve import logit_at, prepare
from churn.domain.forecast.lines import lines_of, log_probability
from churn.domain.forecast.rhythm import FIRST_PURCHASE, Rhythm, after_purchase
from churn.domain.forecast.version import Version
from churn.fitting.purchases import Purchases

# Of a customer without a purchase so far.
NO_BAND: Final = -1


class Force(NamedTuple):
    """A version, in force from the end of ``day`` to the end of ``until``."""

    day: int
    until: int
    version: Version


class Entry(NamedTuple):
    """A customer enters a band: on which day (with its fraction), and the logit of P(buys) that was shown then."""

    band: int
    day: float
    logit: float


class Tally(NamedTuple):
    """Predictions whose outcome is known: how many, how many bought, and the sum of the probabilities shown."""

    predictions: int = 0
    bought: int = 0
    shown: float = 0.0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(self.predictions + other.predictions, self.bought + other.bought, self.shown + other.shown)


class Walked(NamedTuple):
    """Of some customers: by band their entries and their standings at origins, and each one's band at each origin."""

    entries: dict[str, Tally]
    standings: dict[str, Tally]
    bands: list[list[int]]


def walk(purchases: Purchases, customers: Sequence[int], forces: Sequence[Force], horizon_days: int) -> Walked:
    """Walk customers through all versions; what has no whole horizon before the log's last day is not counted."""
    entries: defaultdict[str, Tally] = defaultdict(Tally)
    standings: defaultdict[str, Tally] = defaultdict(Tally)
    bands = []
    counted_until = purchases.last_day - horizon_days
    for customer in customers:
        begin, end = int(purchases.start[customer]), int(purchases.end[customer])
        days = [int(day) for day in purchases.day[begin:end]]
        values = [float(net) for net in purchases.net[begin:end]]
        at_origins = []
        for step in _steps(days, values, forces):
            if isinstance(step, Entry):
                tallies, name, day, logit = entries, BANDS[step.band], step.day, step.logit
            else:
                at_origins.append(step[0])
                if step[0] == NO_BAND:
                    continue
                tallies, name, day, logit = standings, BANDS[step[0]], float(step[1]), step[2]
            if day < counted_until:
                bought = any(day < later <= day + horizon_days for later in days)
                tallies[name] = tallies[name].plus(Tally(1, int(bought), _probability(logit)))
        bands.append(at_origins)
    return Walked(dict(entries), dict(standings), bands)


def _steps(days: list[int], values: list[float], forces: Sequence[Force]) -> Iterator[Entry | tuple[int, int, float]]:
    """One customer's entries, and at each origin (band, day, logit)."""
    rhythm, band, number, net = FIRST_PURCHASE, NO_BAND, 0, 0.0
    for force in forces:
        while number < len(days) and days[number] <= force.day:
            rhythm, net, number = _with_next(rhythm, days, number), net + values[number], number + 1
        at, is_origin = force.day, True
        while True:
            stop = days[number] - 1 if number < len(days) and days[number] <= force.until else force.until
            if number:
                last = days[number - 1]
                curve = prepare(rhythm, net / (rhythm.x + 1), force.version)
                lines = lines_of(logit_at(curve, 0.0))
                if is_origin:
                    logit = logit_at(curve, (at - last) / 7)
                    present = sum(logit <= line for line in lines)
                    if band != NO_BAND and present > band:
                        yield Entry(present, at, logit)
                    band = present
                    yield present, at, logit
                else:
                    band = 0
                end = logit_at(curve, (stop - last) / 7)
                while band < len(lines) and end <= lines[band]:
                    day = last + 7 * silence_until(curve, lines[band])
                    band += 1
                    yield Entry(band, max(day, at), lines[band - 1])
            elif is_origin:
                yield NO_BAND, at, 0.0
            if stop == force.until:
                break
            at, is_origin = days[number], False
            rhythm, net, number = _with_next(rhythm, days, number), net + values[number], number + 1


def _with_next(rhythm: Rhythm, days: list[int], number: int) -> Rhythm:
    return after_purchase(rhythm, days[number] - days[number - 1]) if number else FIRST_PURCHASE


def _probability(logit: float) -> float:
    return exp(log_probability(logit))
