"""Conditions: what is unknown, and on which days time changes an answer."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from churn.domain.model import prior_model
from churn.domain.purchases import Purchase, statistics
from churn.domain.segments.conditions import NEVER, Ago, All, AnyOf, Between, Known, Node, Not, OneOf, compiled
from churn.domain.segments.facts import Facts
from churn.domain.segments.periods import first_day, number_of, span_of_ages
from mandegar.calendar import shop_days
from mandegar.quantities import DAY_US

TODAY = date(2026, 11, 22).toordinal()
EPOCH = date(1970, 1, 1).toordinal()
DAYS = shop_days("UTC")


def customer(first: int | None, last: int | None, tier: str | None = None) -> Facts:
    facts = Facts(days=DAYS, model=prior_model(), tier=tier)
    if first is not None and last is not None:
        noon = [(day - EPOCH) * DAY_US + DAY_US // 2 for day in sorted({first, last})]
        bought = [Purchase(day, at, 5, 1, at, 5, 1) for day, at in zip(sorted({first, last}), noon, strict=True)]
        facts.statistics = statistics(bought, DAYS)
    return facts


ages = st.builds(
    lambda field, unit, calendar, low, width: Ago(field, unit, calendar, low, None if width is None else low + width),
    st.sampled_from(["first_order", "last_order"]),
    st.sampled_from(["days", "months", "years"]),
    st.sampled_from(["gregorian", "jalali"]),
    st.integers(0, 14),
    st.none() | st.integers(0, 8),
)
leaves = ages | st.sampled_from([Between("orders", 2, None), OneOf("tier", frozenset({"gold"})), Known("tier", True)])
trees = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda of: All(tuple(of)), st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda of: AnyOf(tuple(of)), st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=6,
)
days = st.integers(TODAY - 800, TODAY)
customers = st.builds(customer, days, days.map(lambda day: day + 5), st.sampled_from([None, "gold", "silver"]))
customers |= st.builds(customer, st.none(), st.none())


def plainly(node: Node, facts: Facts, today: int) -> bool | None:
    """The answer by another way: truth as the numbers 1, 1/2 and 0."""

    def of(node: Node) -> float:
        match node:
            case All(some):
                return min(map(of, some))
            case AnyOf(some):
                return max(map(of, some))
            case Not(inner):
                return 1 - of(inner)
        answer = compiled(node).test(facts, today)
        return 0.5 if answer is None else float(answer)

    return {0.0: False, 0.5: None, 1.0: True}[of(node)]


@given(trees, customers)
def test_unknown_is_carried_through_not_all_and_any(node, facts):
    assert compiled(node).test(facts, TODAY) is plainly(node, facts, TODAY)


@settings(max_examples=150, deadline=None)
@given(trees, customers)
def test_the_next_change_is_the_first_day_on_which_the_answer_differs(node, facts):
    condition = compiled(node)
    change, holds = condition.next_change(facts, TODAY), condition.holds(facts, TODAY)

    asked = range(TODAY, min(change, TODAY + 900))
    assert all(condition.holds(facts, day) == holds for day in asked)
    if change < NEVER:
        assert condition.holds(facts, change) != holds


@settings(max_examples=100, deadline=None)
@given(trees, customers, st.integers(1, 500))
def test_a_membership_began_on_the_last_day_that_changed_it(node, facts, back):
    condition = compiled(node)
    holds = condition.holds(facts, TODAY)
    turned = condition.changed_on(facts, TODAY, TODAY - back)

    since = TODAY
    while since > TODAY - back and condition.holds(facts, since - 1) == holds:
        since -= 1
    assert turned == (since if since > TODAY - back else None)


@given(st.integers(date(1900, 1, 1).toordinal(), date(2600, 1, 1).toordinal()), st.integers(0, 30))
def test_months_and_years_of_the_jalali_calendar_begin_where_it_says(day, age):
    there = JalaliDate(date.fromordinal(day))
    assert number_of(day, "months", "jalali") == there.year * 12 + there.month - 1
    for unit in ("months", "years"):
        begin = first_day(number_of(day, unit, "jalali"), unit, "jalali")
        assert begin <= day
        assert number_of(begin - 1, unit, "jalali") == number_of(day, unit, "jalali") - 1
        span = span_of_ages(day, unit, "jalali", age, age)
        assert number_of(span.end - 1, unit, "jalali") - number_of(day, unit, "jalali") == age


def test_the_last_day_of_a_jalali_leap_year_is_in_its_last_month():
    leap = JalaliDate(1403, 12, 30).to_gregorian()

    assert number_of(leap.toordinal(), "months", "jalali") == 1403 * 12 + 11
    assert first_day(1404, "years", "jalali") == (leap + timedelta(days=1)).toordinal()
