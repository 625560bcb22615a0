"""The mutations of ``make mutants`` still take out what they name: the source and the list change together."""

import ast

import pytest

from mutants.__main__ import MUTATIONS
from mutants.mutation import Mutation, mutated
from tidy.tree import ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_guard_stands_where_the_mutation_takes_it_out_and_the_rest_still_reads(mutation: Mutation):
    assert mutation.new != mutation.old
    ast.parse(mutated(mutation, ROOT))
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert f"def {name}" in (ROOT / path).read_text(), f"{mutation.name} names {test}, which is not there"


def test_every_mutation_has_a_name_of_its_own():
    names = [mutation.name for mutation in MUTATIONS]

    assert sorted(set(names)) == sorted(names)
