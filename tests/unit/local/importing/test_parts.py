"""A file in parts: every line once, no order divided, and on where an import was."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.row_files.csv_rows import csv_rows
from mandegar.row_files.row import BrokenRow
from mandegar.row_files.text import lines_of
from mandegar_local.importing.parts import BYTES, parts_of
from mandegar_local.importing.source_file import SourceFile, look_at
from mandegar_local.stack_error import StackError

LINES = st.lists(
    st.sampled_from(["1,a", "2,b", "2,c", "", '3,"two\nlines"', '4,"never closed', '5,"x"y', "6,z\r", "7,سارا"]),
    max_size=30,
)  # fmt: skip


def file_of(tmp_path: Path, text: str, name: str = "file.csv") -> SourceFile:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return look_at(path, "auto", None)


def rows_in(text: str, first_line: int) -> list[tuple[int, str]]:
    return [
        # Why a mark is wrong depends on the lines behind it, which another part may have; that it is wrong does not.
        (row.line, "broken" if isinstance(row, BrokenRow) else "|".join(row.fields))
        for row in csv_rows(lines_of(text), ",", first_line=first_line)
    ]


@given(LINES, st.integers(1, 9))
def test_the_parts_of_a_file_have_the_rows_of_the_file_each_at_its_line(tmp_path_factory, lines, rows):
    text = "id,name\n" + "\n".join(lines)
    file = file_of(tmp_path_factory.mktemp("parts"), text)
    parts = list(parts_of(file, (), rows=rows))

    found = []
    for part in parts:
        header, _, content = part.content.decode().partition("\n")
        assert header == "id,name"
        assert part.next_line == part.first_line + len(list(lines_of(content)))
        found += rows_in(content, part.first_line)
    assert found == rows_in(text.partition("\n")[2], 2)
    assert [part.first_line for part in parts[1:]] == [part.next_line for part in parts[:-1]]
    assert not parts or parts[0].first_line == 2


@given(LINES, st.integers(1, 5), st.sets(st.integers(0, 9)))
def test_what_was_received_is_left_out_and_the_rest_is_sent(tmp_path_factory, lines, rows, chosen):
    file = file_of(tmp_path_factory.mktemp("parts"), "id,name\n" + "\n".join(lines))
    whole = list(parts_of(file, (), rows=rows))
    received = sorted((part.first_line, part.next_line) for place, part in enumerate(whole) if place in chosen)
    rest = list(parts_of(file, received, rows=rows + 1))

    covered = sorted(received + [(part.first_line, part.next_line) for part in rest])
    assert all(before[1] <= after[0] for before, after in pairwise(covered))
    assert not whole or (covered[0][0], covered[-1][1]) == (2, whole[-1].next_line)
    assert all(before[1] == after[0] for before, after in pairwise(covered))


def test_rows_of_one_order_stay_in_one_part(tmp_path):
    rows = "".join(f"{number // 3},{number}\n" for number in range(30))
    file = file_of(tmp_path, "order,line\n" + rows)
    parts = [part.content.decode().splitlines()[1:] for part in parts_of(file, (), ["order"], rows=4)]

    assert sum(len(part) for part in parts) == 30
    assert all(part[0].split(",")[0] != before[-1].split(",")[0] for before, part in pairwise(parts))


def test_parts_are_bounded_in_bytes_whatever_a_row_holds(tmp_path):
    rows = "".join(f"{number},{'x' * 60_000}\n" for number in range(20))
    file = file_of(tmp_path, "id,text\n" + rows + "last," + "y" * 300_000 + "\n")
    parts = list(parts_of(file, ()))

    assert max(len(part.content) for part in parts) < BYTES + 70_000
    assert parts[-1].next_line == 23


def test_json_lines_are_divided_by_lines(tmp_path):
    file = file_of(tmp_path, '{"a": 1}\n\n{"a": "x\\n"}\n{"b": 2}', "file.jsonl")
    parts = list(parts_of(file, ((1, 2),), rows=1))

    assert file.header == ["a", "b"]
    assert [(part.first_line, part.next_line) for part in parts] == [(2, 4), (4, 5)]


@pytest.mark.parametrize(
    ("content", "delimiter", "hint"),
    [
        (b"", None, "is empty"),
        (b"\n\n", None, "is empty"),
        (b"\xef\xbb\xbf", None, "is empty"),
        (b"\xff\xfe", None, "is empty"),
        (b'"order\nid",total\n1,2\n', None, "a quotation mark in it is not closed"),
        ("a,b\n1,2\n".encode("utf-32"), None, "UTF-32"),
        (b"PK\x03\x04\x14\x00", None, "an Excel workbook"),
        (b"\x1f\x8b\x08\x00", None, "compressed"),
        ("نام\n".encode("cp1256"), None, "windows-1256"),
        ("a,b\n1,2\n".encode("utf-16-le"), None, "utf-16"),
        (b'[{"a": 1}]\n', None, "JSON array"),
        (b"a;b\n1;2\n", ",", "--delimiter"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, content, delimiter, hint):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(StackError, match=hint):
        look_at(path, "auto", delimiter)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(StackError, match="cannot be read"):
        look_at(tmp_path / "none.csv", "auto", None)
