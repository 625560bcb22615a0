"""Hostile numbers in every number of a document: refused at once, with their line, and never computed with."""

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loyalty.programme.document import POINTS_PER_UNIT_MAX, default_document, parse_programme
from mandegar.documents.nodes import InvalidDocument
from mandegar.events.ingest import AMOUNT_MAX
from mandegar.quantities import decimal_of, lenient_decimal, scaled, whole_of
from notify.journeys.built_in import built_in_versions

HOSTILE = (
    *("1e-999999999", "1e-1000027", "1e999999999", "-1e999999999", "0e-999999999", "0e999999999", "1E+1000000"),
    *("9" * 30, "9" * 900, "9" * 60_000, "0." + "0" * 900 + "1", "1" + "0" * 25, "0.12345678901"),
    *(
        "NaN",
        "sNaN",
        "-Infinity",
        "inf",
        "1_000",
        "۱۲",
        "١٢",
        "１２",
        "+1",
        ".5",
        "5.",
        "1,5",
        "0x10",
        "1e3",
        "1 0",
        "--1",
        "",
    ),
)
# What no release has ever accepted; the rest was, so it stays readable where it is stored.
NEVER = tuple(text for text in HOSTILE if "99999999" in text or "000027" in text or "aN" in text or "nf" in text)
DOCUMENTS = {
    "programme": default_document("IRR"),
    "journey": built_in_versions()["points_expiring"].document
    + "offer: {code: GIFT, amount: 500000, currency: IRR, valid: P7D}\n",
}
READ = {
    "programme": "parse_programme(text, version=1, effective_from=0, currency='IRR', is_new=is_new)",
    "journey": "read_document(text, JourneyDocument, is_new=is_new)",
}
CHILD = """
import json, sys
from loyalty.programme.document import parse_programme
from mandegar.documents.nodes import InvalidDocument
from mandegar.documents.reading import read_document
from notify.journeys.document import JourneyDocument
for text, is_new in json.load(sys.stdin):
    try:
        {read}
        print(json.dumps([]))
    except InvalidDocument as error:
        print(json.dumps(error.errors))
"""


def numbers_of(node: yaml.Node) -> list[yaml.ScalarNode]:
    """The scalars of a document that are numbers."""
    if isinstance(node, yaml.MappingNode):
        return [found for key, value in node.value if key.value != "version" for found in numbers_of(value)]
    if isinstance(node, yaml.SequenceNode):
        return [found for item in node.value for found in numbers_of(item)]
    return [node] if node.tag.endswith((":int", ":float")) else []


def spoilt(document: str, hostile: str) -> list[tuple[int, str]]:
    """The document with the hostile text in place of each of its numbers, and the line of it."""
    places = [(node.start_mark, node.end_mark) for node in numbers_of(yaml.compose(document, yaml.SafeLoader))]
    return [(a.line + 1, document[: a.index] + json.dumps(hostile) + document[b.index :]) for a, b in places]


def read_in_a_child(kind: str, documents: list[tuple[str, bool]]) -> list[Any]:
    """The errors of each document, read by a process that has a minute for all of them."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(read=READ[kind])],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_hostile_number_anywhere_in_a_new_document_is_refused_with_its_line(kind):
    cases = [case for hostile in HOSTILE for case in spoilt(DOCUMENTS[kind], hostile)]

    errors = read_in_a_child(kind, [(text, True) for _, text in cases])

    assert len(cases) >= len(HOSTILE) * 2
    for (line, text), found in zip(cases, errors, strict=True):
        assert [error[0] for error in found if error[0] == line], (text, found)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_hostile_number_in_a_stored_document_takes_no_time_either(kind):
    cases = [case for hostile in NEVER for case in spoilt(DOCUMENTS[kind], hostile)]

    assert all(read_in_a_child(kind, [(text, False) for _, text in cases]))


@pytest.mark.parametrize("text", ["1e3", "1_000", "۱۰۰۰", "1000.0"])
def test_a_stored_number_keeps_the_meaning_that_it_was_accepted_with(text):
    document = DOCUMENTS["programme"].replace("points: 1", f"points: '{text}'")

    assert parse_programme(document, version=1, effective_from=0, currency="IRR").points == 1000
    if text != "1000.0":
        with pytest.raises(InvalidDocument, match="must have at most 20 digits"):
            parse_programme(document, version=1, effective_from=0, currency="IRR", is_new=True)


@pytest.mark.parametrize(
    ("points", "per", "multiplier"),
    [
        ("1000000000000000", "0.000001", "1"),
        ("1001", "1", "1"),
        ("1", "0.0001", "1"),
        ("999", "1", "1.01"),
        ("0.001", "0.000001", "1.1"),
    ],
)
def test_a_programme_that_earns_more_than_can_be_stored_is_refused_and_settles_where_it_is_stored(
    points, per, multiplier
):
    document = (
        f"version: 1\ncurrency: IRR\nearn: {{points: {points}, per: {per}}}\n"
        f"tiers: {{window_days: 1, levels: [{{name: a, spend: 0, multiplier: {multiplier}}}]}}\n"
    )

    with pytest.raises(InvalidDocument, match=f"line 3: earn: .* must be at most {POINTS_PER_UNIT_MAX} points"):
        parse_programme(document, version=1, effective_from=0, currency="IRR", is_new=True)
    stored = parse_programme(document, version=1, effective_from=0, currency="IRR")
    assert 0 < 9_000 * stored.points_due(scaled(AMOUNT_MAX, 9), 0) < 2**63


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[-+]?[0-9_]*\.?[0-9]*([eE][-+]?[0-9]{1,9})?", fullmatch=True)))
def test_a_text_is_a_number_exactly_if_it_is_written_in_few_digits(text):
    for read in (decimal_of, whole_of, lenient_decimal):
        try:
            number = read(text)
        except ValueError:
            continue
        assert abs(number.as_tuple().exponent) <= 1000 if read is lenient_decimal else abs(number) < 10**20
        if read is not lenient_decimal:
            assert read(f"{number:f}" if read is decimal_of else str(number)) == number
            assert lenient_decimal(text) == number
