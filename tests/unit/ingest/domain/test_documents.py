"""A document is written as it was read, but for what was changed in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.documents import Number, places, pointer, read_document, write_document, written

NAMES = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, JSON, max_size=4), st.booleans())
def test_what_is_read_and_written_means_the_same(document, ascii_only):
    body = json.dumps(document, ensure_ascii=ascii_only).encode()
    read = read_document(body)
    assert read is not None
    assert json.loads(write_document(read)) == document


@pytest.mark.parametrize(
    "text", ["12.50", "-0", "1e5", "1E+400", "12345678901234567890123.000000000000000000001", "0." + "1" * 5000]
)
def test_a_number_keeps_its_digits(text):
    body = f'{{"a":{text}}}'.encode()
    read = read_document(body)
    assert read == {"a": Number(text)}
    assert write_document(read) == body


def test_half_a_surrogate_pair_stays_one_and_other_text_is_utf_8():
    body = '{"a":"\\ud83d","ب":"سارا","n":"\\u0000"}'.encode()
    read = read_document(body)
    assert read is not None
    assert write_document(read) == body


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b'"text"', b"{", b"\xff", b'{"a": NaN}', b'{"a": Infinity}', b'{"a":' * 50_000]
)
def test_what_is_no_object_is_not_changed(body):
    assert read_document(body) is None


@pytest.mark.parametrize("text", ["/data/total", "/a~1b/~0c", "/", "/items/*/price"])
def test_a_pointer_is_written_as_it_was_read(text):
    assert written(pointer(text)) == text


@pytest.mark.parametrize("text", ["", "data", "data/total", "/a~", "/a~2"])
def test_what_is_no_pointer_is_refused(text):
    with pytest.raises(ValueError):
        pointer(text)


def test_a_star_stands_for_every_element_and_a_number_for_one():
    document = {"items": [{"price": "1"}, {"price": "2"}, "odd"], "list": ["x"]}
    assert [place.value for place in places(document, pointer("/items/*/price"))] == ["2", "1"]
    assert [place.value for place in places(document, pointer("/items/0/price"))] == ["1"]
    assert [place.value for place in places(document, pointer("/list/0"))] == ["x"]
    assert not places(document, pointer("/items/7/price"))
    assert not places(document, pointer("/items/-/price"))
    assert not places(document, pointer("/list/00"))
