"""What a customer's answers to surveys count for in the figures of a shop, by month.

Of several answers of a customer to one survey in one month the latest counts. A score counts by where it lies between
the lowest and the highest of its scale, so that 4 of 1 to 5 and 75 of 0 to 100 are the same.
"""

from collections.abc import Iterable
from datetime import date
from math import isfinite
from typing import Final, NamedTuple, TypeAlias

from churn.domain.counting import Count, Counts, Kind, Place
from mandegar.calendar import ShopDays
from mandegar.events import Event
from mandegar.events.ingest import SurveyResponded
from mandegar.months import CALENDARS, FIRST_DAY, LAST_DAY, month_number
from mandegar.quantities import to_us

TYPES: Final = frozenset({"survey.responded"})
# More of one customer are too many to be answers of a person; the newest are kept.
ANSWERS_MAX: Final = 500
# Scores are published from 0 to this; ingest has converted other scales. Efforts (ces) are asked in both directions.
_HIGHEST: Final = {"nps": 10.0, "csat": 100.0}
KINDS: Final = tuple(_HIGHEST)
# Of 0 to 10: 9 and 10 promote, 0 to 6 detract. The bounds lie between, for other scales.
_PROMOTES: Final = 0.85
_DETRACTS: Final = 0.65
# 4 and 5 of 1 to 5.
_SATISFIED: Final = 0.75
_SHARE_UNITS: Final = 10_000
_SCORE_DIGITS: Final = 4
# No zone's month begins within one: of the answers in it the latest is enough, whatever the zone of the shop becomes.
_QUARTER_OF_AN_HOUR_US: Final = 15 * 60 * 1_000_000


class Answer(NamedTuple):
    """An answer; ``share`` is where its score lies on its scale, from 0 to 1."""

    kind: str
    survey: str
    at_us: int
    event_id: str
    share: float


Answers: TypeAlias = tuple[Answer, ...]


def answer_of(event: Event) -> Answer | None:
    """The answer that an event tells of, if it is of a kind that is counted."""
    data: SurveyResponded = event.data
    highest = _HIGHEST.get(data.kind)
    if highest is None or not isfinite(data.score):
        return None
    share = min(max(data.score / highest, 0.0), 1.0)
    return Answer(data.kind, data.survey_id, to_us(event.time), str(event.id), share)


def score_of(answer: Answer) -> float:
    """The score of an answer as it was published, to four decimals: of NPS from 0 to 10, of CSAT from 0 to 100."""
    return round(answer.share * _HIGHEST[answer.kind], _SCORE_DIGITS)


def together(answers: Iterable[Answer]) -> Answers:
    """Some answers, in any order and repeated, as they are kept."""
    latest: dict[tuple[str, str, int], Answer] = {}
    for answer in answers:
        place = answer.kind, answer.survey, answer.at_us // _QUARTER_OF_AN_HOUR_US
        if place not in latest or _order(latest[place]) < _order(answer):
            latest[place] = answer
    return tuple(sorted(latest.values(), key=_order)[-ANSWERS_MAX:])


def counts_of_answers(answers: Iterable[Answer], days: ShopDays) -> Counts:
    """What answers count for: their number, those at the upper and the lower end, and the sum of their shares."""
    latest: dict[tuple[Place, str], Answer] = {}
    for answer in sorted(answers, key=_order):
        day = min(max(date.fromordinal(days.day_of(answer.at_us)), FIRST_DAY), LAST_DAY)
        for calendar in CALENDARS:
            kind: Kind = "nps" if answer.kind == "nps" else "csat"
            latest[Place(calendar, kind, month_number(day, calendar), 0), answer.survey] = answer
    counts: Counts = {}
    for (place, _), answer in latest.items():
        one = _count(answer)
        counts[place] = counts[place].plus(one) if place in counts else one
    return counts


def _count(answer: Answer) -> Count:
    is_nps = answer.kind == "nps"
    upper = answer.share >= (_PROMOTES if is_nps else _SATISFIED)
    lower = is_nps and answer.share < _DETRACTS
    return Count(1, int(upper), round(answer.share * _SHARE_UNITS), int(lower))


def _order(answer: Answer) -> tuple[int, str, Answer]:
    """Which of two answers is the later one; of one instant that with the greater id."""
    return answer.at_us, answer.event_id, answer
