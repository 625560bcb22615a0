"""Whatever a shop sends as a segment is read, or refused with a reason for each line; nothing else happens."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.domain.segments.conditions import All, Between, Node, compiled
from churn.domain.segments.contradictions import contradiction
from churn.domain.segments.fields import FIELDS
from churn.memberships.built_in import built_in_documents
from churn.memberships.document import read_segment
from mandegar.documents.nodes import InvalidDocument

WORDS = [
    *FIELDS,
    "all",
    "any",
    "not",
    "at_least",
    "less_than",
    "days_ago",
    "since",
    "calendar",
    "known",
    "jalali",
    "true",
]
odd = st.sampled_from(
    [*WORDS, "", "۱۲", "NaN", "-0", "1e9", "9" * 40, "2026-02-30", "1403-12-30", "0001-01-01", "زرین"]
)
anything = st.recursive(
    odd | st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd, inner, max_size=3),
    max_leaves=12,
)


def errors_of(customers: str) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        read_segment(f"version: 1\ncustomers: {customers}\n")
    return [error.message for error in caught.value.errors]


@settings(max_examples=400)
@given(anything, st.dictionaries(st.sampled_from(["version", "publish", "description", "x"]), anything, max_size=2))
def test_any_document_is_read_or_refused(condition, more):
    with suppress(InvalidDocument):
        compiled(read_segment(json.dumps({"version": "1", "customers": condition, **more})).condition)


@given(st.lists(st.tuples(st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)), min_size=1, max_size=4))
def test_only_what_no_number_fulfils_is_called_a_contradiction(bounds):
    leaves: tuple[Node, ...] = tuple([Between("orders", *each) for each in bounds])
    fulfilled = any(
        all((low is None or low <= number) and (high is None or number <= high) for low, high in bounds)
        for number in range(11)
    )

    if len(leaves) > 1:
        assert (contradiction(All(leaves)) is None) == fulfilled


def test_conditions_have_a_depth_and_a_number():
    deep = "{not: " * 9 + "{orders: 1}" + "}" * 9
    many = "{any: [" + ", ".join(["{orders: 1}"] * 61) + "]}"

    assert "nested more than 8 deep" in errors_of(deep)[0]
    assert errors_of(many) == ["customers.any.60.orders: a segment has at most 60 conditions"]


def test_digits_and_dates_of_both_languages_are_read():
    persian = read_segment(
        "version: 1\ncustomers: {orders: {at_least: ۳}, first_order: {on: ۱۴۰۳-۱۲-۳۰, calendar: jalali}}"
    )
    latin = read_segment("version: 1\ncustomers: {orders: {at_least: 3}, first_order: {on: 2025-03-20}}")

    assert persian.condition == latin.condition


@pytest.mark.parametrize(
    ("customers", "reason"),
    [
        ("{orders: {less_than: 0}}", "orders is never below 0"),
        ("{visits: {known: false}}", "visits is always known: it is 0 where nothing has happened"),
        ("{last_order: {since: 2026-05-01, before: 2026-04-01}}", "no day is that late and that early"),
        ("{last_order: {calendar: jalali}}", "says no days"),
        ("{tier: []}", "must be a word, or a list of 1 to 50 words"),
        ("{total: {at_least: NaN}}", "must be a number from"),
        ("{last_order: {months_ago: {at_least: 5, at_most: 2}}}", "nothing is that many months ago, and that few"),
        ("[]", "must be a mapping with a condition"),
    ],
)
def test_what_nobody_fulfils_is_refused(customers, reason):
    assert reason in errors_of(customers)[0]


def test_built_in_documents_are_what_a_shop_could_store():
    for document in built_in_documents().values():
        assert not read_segment(document).publish
