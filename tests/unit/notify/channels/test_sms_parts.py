"""SMS parts, as an operator bills them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.channels.sms.parts import Parts, count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Parts("gsm7", 0, 1)),
        ("a" * 160, Parts("gsm7", 160, 1)),
        ("a" * 161, Parts("gsm7", 161, 2)),
        ("a" * 306, Parts("gsm7", 306, 2)),
        ("a" * 307, Parts("gsm7", 307, 3)),
        ("€" * 80, Parts("gsm7", 160, 1)),
        ("€" * 81, Parts("gsm7", 162, 2)),
        ("€" * 153, Parts("gsm7", 306, 3)),  # an escaped pair is not split: 76 to a part
        ("س" * 70, Parts("ucs2", 70, 1)),
        ("س" * 71, Parts("ucs2", 71, 2)),
        ("س" * 134, Parts("ucs2", 134, 2)),
        ("س" * 135, Parts("ucs2", 135, 3)),
        ("می\u200cشود", Parts("ucs2", 6, 1)),
        ("😀" * 35, Parts("ucs2", 70, 1)),
        ("😀" * 66, Parts("ucs2", 132, 2)),
        ("😀" * 67, Parts("ucs2", 134, 3)),  # a surrogate pair is not split: 33 to a part
        ("it’s", Parts("ucs2", 4, 1)),
        ("it's", Parts("gsm7", 4, 1)),
    ],
)
def test_parts_are_counted_like_this(text, expected):
    assert count(text) == expected


@given(st.text(max_size=400))
def test_units_of_ucs2_are_utf16_units(text):
    parts = count(text)

    if parts.encoding == "ucs2":
        assert parts.units == len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert parts.parts >= 1
