"""Since when a tier is held: computed in one pass, the same as by asking each instant about the whole past."""

from collections.abc import Sequence
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.accounts import TEHRAN, at, cancelled, granted, money, paid, programme, refund, snapshot, tell
from loyalty.domain.account import Account
from loyalty.domain.lots import Lot
from loyalty.domain.opening import Grant, key_of_tier
from loyalty.domain.orders import Fact, Step
from loyalty.domain.programme import BEGINNING, Programme, in_force
from loyalty.domain.spend import tier_since

PROGRAMMES = (
    programme(window_days=60),
    programme(version=2, effective_from=at(90), window_days=20),
    programme(version=3, effective_from=at(150), window_days=90),
)

# Few instants, so that orders are paid, change and leave a window at the same ones.
days = st.integers(0, 26).map(lambda tenth: tenth * 10.0) | st.integers(0, 500).map(lambda half: half / 2)
totals = st.sampled_from([0, 300, 700, 1000, 2500, 4000])


def by_asking_each_instant(
    lots: Sequence[Lot], programmes: Sequence[Programme], held: str, now: int, grants: Sequence[Grant]
) -> int:
    """The definition: back from ``now``, the last instant before which another tier was held."""
    begins = [one.effective_from for one in programmes[1:]]
    turns = {*begins, *(step.at for lot in lots for step in lot.steps)}
    turns |= {turn for grant in grants for turn in (grant.begin, grant.end)}
    for one, begin, end in zip(programmes, [BEGINNING, *begins], [*begins, now + 1], strict=True):
        turns |= {lot.earned_at + one.window for lot in lots if begin <= lot.earned_at + one.window < end}
    since = now
    for turn in sorted((turn for turn in turns if turn <= now), reverse=True):
        if tier_at(lots, programmes, turn, grants) != held:
            break
        since = turn
    return since


def tier_at(lots: Sequence[Lot], programmes: Sequence[Programme], instant: int, grants: Sequence[Grant]) -> str:
    rules = in_force(programmes, instant)
    nets = (
        [step.net for step in lot.steps if step.at <= instant][-1]
        for lot in lots
        if instant - rules.window < lot.earned_at <= instant
    )
    names = [tier.name for tier in rules.tiers]
    given = [names.index(grant.tier) for grant in grants if grant.tier in names and grant.begin <= instant < grant.end]
    return names[max([rules.tier_index(sum(nets)), *given])]


@st.composite
def facts(draw: st.DrawFn, order_id: str) -> list[Fact]:
    told = [paid(f"{order_id}-p", draw(days), draw(totals))]
    for number in range(draw(st.integers(0, 2))):
        make = draw(st.sampled_from(["refund", "update", "cancel"]))
        name, when = f"{order_id}-{number}", draw(days)
        if make == "refund":
            told.append(refund(name, when, draw(totals)))
        elif make == "update":
            told.append(snapshot(name, when, draw(totals), draw(st.integers(1, 4))))
        else:
            told.append(cancelled(name, when, draw(st.integers(1, 4))))
    return told


@st.composite
def grants(draw: st.DrawFn) -> dict[str, list[Fact]]:
    told: dict[str, list[Fact]] = {}
    for number in range(draw(st.integers(0, 3))):
        tier = draw(st.sampled_from(["silver", "gold", "unheard-of"]))
        told.setdefault(tier, []).append(granted(f"g{number}", draw(days), tier, draw(days)))
    return told


@given(data=st.data(), number=st.integers(0, 7), now=days, versions=st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_the_tier_is_held_since_the_instant_that_asking_each_one_finds(
    data: st.DataObject, number: int, now: float, versions: int
) -> None:
    account = Account({})
    for position in range(number):
        tell(account, f"o{position}", *data.draw(facts(f"o{position}")))
    for tier, told in data.draw(grants()).items():
        tell(account, key_of_tier(tier), *told)
    rules = PROGRAMMES[:versions]
    timeline = account.at(rules, TEHRAN, at(now))
    for held in ("bronze", "silver", "gold"):
        if held == timeline.programme.tiers[timeline.tier].name:
            since = tier_since(timeline.lots, rules, held, at(now), grants=timeline.grants)
            assert since == by_asking_each_instant(timeline.lots, rules, held, at(now), timeline.grants)


class CountedLot(Lot):
    """A lot that counts how often its steps are read."""

    __slots__ = ("_steps", "reads")

    @property
    def steps(self) -> list[Step]:
        self.reads += 1
        return self._steps

    @steps.setter
    def steps(self, steps: list[Step]) -> None:
        self.reads, self._steps = 0, steps


def test_a_tier_move_reads_each_order_once_however_many_there_are() -> None:
    lots = [
        CountedLot(f"o{number}", UUID(int=number), [Step(at(number), money(700), "")], programme(), None)
        for number in range(300)
    ]

    assert tier_since(lots, (programme(),), "gold", at(300)) == at(4)
    assert sum(lot.reads for lot in lots) <= 2 * len(lots)
