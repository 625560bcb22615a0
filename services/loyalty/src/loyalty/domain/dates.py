"""What is known of the yearly dates of a customer, such as the birthday, and since when.

Each statement of a date is a fact. One correction is believed. A date that changes again is not, until the shop has
looked at it, which an ``act.done`` named ``dates-confirmed`` says.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from loyalty.domain.act_rules import COMPLETED, DATES_CONFIRMED, DONE, NOBODYS
from loyalty.domain.acts import act_of, key_of_act
from loyalty.domain.orders import ACTED, OPENED, PAID, Fact
from loyalty.domain.programme import BEGINNING, Programme
from loyalty.domain.yearly import Near, near
from mandegar.quantities import DAY_US

# How many corrections are believed.
_BELIEVED = 1
_NEVER = 2**63
_CONFIRMED = key_of_act(DONE, f"{DATES_CONFIRMED}/")


class KnownDate(NamedTuple):
    """A date (``yearly.code_of``), since when it is known, and whether it has changed too often to be believed."""

    code: int
    since: int
    is_doubtful: bool


class YearlyDate:
    """One date of a customer, as it was stated in the course of time."""

    __slots__ = ("_changes", "_confirmed")

    def __init__(self, facts: Iterable[Fact] = (), confirmed: Sequence[int] = ()) -> None:
        self._changes: list[tuple[int, int]] = []
        self._confirmed = confirmed
        for fact in facts:
            if fact.kind == ACTED and fact.amount and (not self._changes or self._changes[-1][1] != fact.amount):
                self._changes.append((fact.at, fact.amount))

    @property
    def codes(self) -> set[int]:
        """All dates that were ever stated."""
        return {code for _, code in self._changes}

    def before(self, at: int) -> KnownDate | None:
        """What is known just before an instant."""
        stated = [change for change in self._changes if change[0] < at]
        if not stated:
            return None
        confirmed = max([each for each in self._confirmed if each < at], default=stated[0][0])
        corrections = sum([since > confirmed for since, _ in stated[1:]])
        return KnownDate(stated[-1][1], stated[-1][0], corrections > _BELIEVED)

    def near(self, day: int, at: int) -> Near | None:
        """Where the day of an instant lies from the date, as it is known then and believed."""
        known = self.before(at)
        return None if known is None or known.is_doubtful else near(known.code, day, (at - known.since) // DAY_US)


def kept_since(programmes: Iterable[Programme]) -> dict[str, int]:
    """Since when acts are kept, by their type. Before a rule asked for them, nobody's were."""
    since: dict[str, int] = {}
    for programme in programmes:
        acts = programme.acts
        for type_ in acts.types if acts is not None else ():
            stored_at = BEGINNING if acts is None or acts.since is None else acts.since
            since[type_] = min(stored_at, since.get(type_, stored_at))
    return since


def date_in(field: str, facts: Mapping[str, Sequence[Fact]], since: Mapping[str, int]) -> YearlyDate:
    """A date of the profile, by the facts of all that is kept of a customer ``since`` instants."""
    stated = facts.get(key_of_act(COMPLETED, field))
    if not stated or COMPLETED not in since:
        return YearlyDate()
    confirmed = [each[0].at for order_id, each in facts.items() if order_id.startswith(_CONFIRMED) and each]
    return YearlyDate([fact for fact in stated if fact.at >= since[COMPLETED]], sorted(confirmed))


def says_dates(order_id: str) -> bool:
    """Whether facts under an id may say something about dates."""
    return order_id.startswith((key_of_act(COMPLETED, ""), _CONFIRMED))


def known_since(facts: Mapping[str, Sequence[Fact]], since: Mapping[str, int]) -> int | None:
    """The instant of the first purchase, of what was brought along, or of the first act that is kept ``since`` then."""
    first: int | None = None
    for order_id, some in facts.items():
        act = act_of(order_id)
        if act is not None and act.type in NOBODYS:
            continue
        begin = BEGINNING if act is None else since.get(act.type, _NEVER)
        for fact in some:
            if fact.at >= begin and (fact.kind in (PAID, ACTED, OPENED) or fact.status == PAID):
                first = fact.at if first is None else min(first, fact.at)
                break
    return first
