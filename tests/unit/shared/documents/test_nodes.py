"""Parsing YAML: whatever it lets pass can be stored, published and answered."""

import unicodedata

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mandegar.documents.nodes import CHARACTERS_MAX, NODES_MAX, SCALAR_MAX, InvalidDocument, read_nodes


@given(st.integers(0, 0x10FFFF), st.sampled_from(['a: "x{}"', '"x{}": a', '- ["x{}"]', '? "x{}"']))
@example(0, 'a: "x{}"')
@example(0xD800, 'a: "x{}"')
@example(0xDFFF, '"x{}": a')
def test_every_escaped_character_is_refused_or_can_be_stored(code, document):
    text = document.format(f"\\U{code:08x}")
    if unicodedata.category(chr(code)) in ("Cc", "Cs") and chr(code) not in "\t\n\r\x85":
        with pytest.raises(InvalidDocument, match="line 1: control characters are not allowed"):
            read_nodes(text)
        return
    try:
        value = str(read_nodes(text).value)
    except InvalidDocument:
        assert code in {0xFFFE, 0xFFFF}
    else:
        value.encode()


@pytest.mark.parametrize("document", ["a: {}", "{}: a", "- [{}]"])
@pytest.mark.parametrize("digit", ["9", "1e-", "x"])
def test_a_long_text_or_number_is_refused_before_anything_computes_with_it(document, digit):
    with pytest.raises(InvalidDocument, match="line 1: "):
        read_nodes(document.replace("{}", digit * (SCALAR_MAX + 1)))


@pytest.mark.parametrize(
    "piece",
    [
        "- \n",
        "[],",
        "a,",
        "a: b,",
        "!!str a,",
        "&a a,",
        "'',",
        "? [a]\n",
        "k{}: 1\n",
        "- |\n",
        "%TAG !a{}! x\n",
        "[{{",
        "--- a\n",
    ],
    ids=lambda piece: piece.encode().hex(),
)
def test_a_long_text_is_refused_after_its_first_thousand_pieces(piece, monkeypatch):
    pieces = "".join(piece.format(number) for number in range(CHARACTERS_MAX // len(piece)))[: CHARACTERS_MAX - 1]
    text = pieces if "\n" in piece else f"[{pieces}"
    parsed = []
    parse = yaml.parse
    monkeypatch.setattr(
        yaml, "parse", lambda *given, **named: (parsed.append(1) or each for each in parse(*given, **named))
    )

    with pytest.raises(InvalidDocument):
        read_nodes(text)

    assert len(parsed) <= 2 * NODES_MAX + 5


def test_the_largest_document_of_comments_is_read():
    assert read_nodes("a: b\n" + "#\n" * 30_000).value == {"a": "b"}
