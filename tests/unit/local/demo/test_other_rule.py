"""The rule that the demo tries out is one of the built-in programme."""

from loyalty.programme.document import default_document
from mandegar_local.demo.other_rule import other_document


def test_one_rule_of_the_built_in_programme_is_another():
    document = default_document("IRR")
    other = other_document(document)

    assert other is not None
    differ = [pair for pair in zip(document.splitlines(), other.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [(before.strip()[:13], after.strip()[-14:]) for before, after in differ] == [
        ("- {name: gold", "multiplier: 2}")
    ]


def test_a_programme_without_that_rule_stays_as_it_is():
    assert other_document("version: 1\n") is None
