"""Whether two bodies under one id say the same."""

import pytest

from ingest.domain.repeats import same_document


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (b'{"a": 1, "b": [1, 2]}', b'{"b":[1,2],"a":1}', True),
        (b'{"a": "\\u0061"}', b'{"a": "a"}', True),
        (b'{"a": 1}', b'{"a": 2}', False),
        (b'{"a": [1, 2]}', b'{"a": [2, 1]}', False),
        (b'{"a": 0.1}', b'{"a": 0.10000000000000000001}', False),
        (b"nonsense", b"nonsense", True),
        (b"nonsense", b"other", False),
        (b'{"a": 1}', b"", False),
    ],
)
def test_order_of_members_and_spelling_do_not_count_and_values_do(first, second, same):
    assert same_document(first, second) is same
