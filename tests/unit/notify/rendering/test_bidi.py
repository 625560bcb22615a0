"""Marks of direction: where they change what is drawn, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.rendering.bidi import directed, isolated


@pytest.mark.parametrize(
    ("text", "language", "marked"),
    [
        ("سارا محمدی", "fa", False),
        ("سارا محمدی", "en", True),
        ("John Smith", "fa", True),
        ("John Smith", "en", False),
        ("علی\u200cرضا (۲)", "fa", False),
        ("24-7", "fa", True),
        ("24-7", "en", True),
        ("فروشگاه ۲۴", "fa", False),
        ("کافه Zoë", "fa", True),
        ("کافه Zoë", "en", True),
        ("שרה", "fa", False),
        ("李雷", "fa", True),
        ("\U0001f642", "fa", False),
        ("", "en", False),
    ],
)
def test_a_name_is_isolated_where_its_script_runs_the_other_way(text, language, marked):
    assert isolated(text, language) == (f"\u2068{text}\u2069" if marked else text)


@pytest.mark.parametrize(
    ("line", "language", "mark"),
    [
        ("سارا عزیز، John", "fa", ""),
        ("\u2068John\u2069 عزیز", "fa", "\u200f"),
        ("John عزیز", "fa", "\u200f"),
        ("123 John عزیز", "fa", "\u200f"),
        ("\u2068سارا\u2069, hello", "en", "\u200e"),
        ("Hello \u2068سارا\u2069", "en", ""),
        ("https://shop.example.test/", "fa", ""),
        ("BAHAR40", "fa", ""),
        ("فروشگاه نارنج", "en", ""),
        ("", "fa", ""),
        ("12", "en", ""),
    ],
)
def test_a_line_begins_with_a_mark_where_its_first_letter_runs_the_other_way(line, language, mark):
    assert directed(f"سلام\n{line}", "fa") == f"سلام\n{mark}{line}" or language == "en"
    assert directed(line, language) == mark + line


@given(st.text(), st.sampled_from(["fa", "en"]))
def test_marks_are_added_and_nothing_else_changes(text, language):
    bare = text.translate(dict.fromkeys((0x2068, 0x2069, 0x200E, 0x200F)))
    marked = directed(isolated(bare, language), language)

    assert marked.translate(dict.fromkeys((0x2068, 0x2069, 0x200E, 0x200F))) == bare
    assert len(marked.split("\n")) == len(bare.split("\n"))
