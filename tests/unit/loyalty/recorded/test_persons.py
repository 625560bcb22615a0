"""To whom recorded facts belong, as the records of merges, splits and erasures tell."""

import pytest

from builders.erasures import erased, readmitted
from builders.events import NOON
from builders.merges import merged, split
from mandegar.events import Event
from mandegar.quantities import to_us
from mandegar.rebuild.persons import Persons

AT_NOON = to_us(NOON)


def told(*events: Event) -> Persons:
    persons = Persons()
    for event in events:
        persons.note(event)
    return persons


MERGED, SPLIT = merged("d", "c", under="d"), split("d")


def test_a_fact_of_an_alias_is_the_roots_and_one_behind_the_split_its_own():
    persons = told(MERGED, SPLIT)

    assert [persons.owner("d", place, AT_NOON) for place in (0, 1, 2)] == ["c", "c", "d"]


def test_what_stood_before_a_split_stays_the_roots_when_the_alias_is_erased():
    persons = told(MERGED, SPLIT, erased("d"))

    assert [persons.owner("d", place, AT_NOON) for place in (0, 1, 2, 3)] == ["c", "c", None, None]


def test_what_is_the_roots_is_erased_with_the_root():
    persons = told(MERGED, SPLIT, erased("c"))

    assert [persons.owner("d", place, AT_NOON) for place in (0, 2)] == [None, "d"]


@pytest.mark.parametrize(("recorded_days", "owner"), [(0, None), (0.3, "c")])
def test_who_is_readmitted_has_what_was_recorded_since(recorded_days, owner):
    persons = told(erased("c"), readmitted("c"))

    assert persons.owner("c", 2, AT_NOON + int(recorded_days * 86_400_000_000)) == owner
    assert persons.readmission("c") == 2
