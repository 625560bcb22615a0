"""Files of rows: the line of each row, and what a broken one costs."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.row_files.csv_rows import csv_rows
from mandegar.row_files.header import WrongHeader, delimiter_of, read_header
from mandegar.row_files.json_rows import json_rows
from mandegar.row_files.row import ROW_CHARACTERS_MAX, BrokenRow
from mandegar.row_files.text import WrongEncoding, encoding_of, lines_of, text_lines

PERSIAN = "شناسه,نام\nc-1,سارا\n"
FIELDS = st.lists(
    st.lists(st.text(alphabet='ab,;"\n\r س', max_size=6), min_size=2, max_size=4), min_size=1, max_size=8
)  # fmt: skip


def rows(text: str, delimiter: str = ",") -> list[tuple[int, list[str] | str]]:
    found = csv_rows(lines_of(text), delimiter)
    return [(row.line, row.code if isinstance(row, BrokenRow) else row.fields) for row in found]


@given(FIELDS, st.sampled_from(",;"))
def test_what_csv_writes_is_read_back_with_the_line_of_each_row(table, delimiter):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines: list[int] = []
    for fields in table:
        before = file.getvalue()
        lines.append(1 + len(list(lines_of(before))))
        writer.writerow(fields)

    assert rows(file.getvalue(), delimiter) == list(zip(lines, table, strict=True))


@given(st.text(alphabet='a,"\n\r;', max_size=80))
def test_any_text_is_read_to_its_end_and_no_line_is_lost(text):
    seen = list(csv_rows(lines_of(text), ","))
    lines = list(lines_of(text))

    assert [row.line for row in seen] == sorted({row.line for row in seen})
    wanted = [line for line, content in enumerate(lines, 1) if content.strip("\r\n")]
    inside = {line for row in seen for line in range(row.line, row.line + len(list(lines_of(row.text))))}
    assert set(wanted) <= inside


def test_an_unbalanced_quotation_mark_costs_its_line_alone():
    text = 'a,b\n1,"open\n' + "".join(f"{number},x\n" for number in range(2, 1000))

    found = rows(text)

    assert found[1] == (2, "unbalanced_quote")
    assert found[2] == (3, ["2", "x"])
    assert len(found) == 1000


def test_a_quoted_field_may_have_line_breaks():
    assert rows('1,"two\nlines"\n2,x\n') == [(1, ["1", "two\nlines"]), (3, ["2", "x"])]


def test_text_behind_a_closing_mark_is_a_broken_row():
    assert rows('1,"a"b\n2,x\n') == [(1, "bad_quote"), (2, ["2", "x"])]


def test_a_line_without_end_is_cut_and_the_next_one_is_read():
    giant = "x" * (3 * ROW_CHARACTERS_MAX)
    lines = list(text_lines(io.BytesIO(f'a,b\n1,"{giant}\n2,y\n'.encode()), "utf-8"))

    assert [len(line) > ROW_CHARACTERS_MAX for line in lines] == [False, True, False]
    assert rows("".join(lines))[1:] == [(2, "row_too_large"), (3, ["2", "y"])]


def test_json_lines_name_their_broken_lines():
    text = '{"a": 1.50}\n\n[1]\n{"a": \n{"a": "x"}\n' + "[" * 100_000 + "\n"
    found: Iterator[object] = iter(json_rows(lines_of(text)))

    assert [(row.line, row.code) if isinstance(row, BrokenRow) else row for row in found] == [
        (1, {"a": "1.50"}), (3, "bad_json"), (4, "bad_json"), (5, {"a": "x"}), (6, "row_too_large"),
    ]  # fmt: skip
    deep = list(json_rows(["[" * 60_000]))
    assert isinstance(deep[0], BrokenRow)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
def test_each_encoding_is_read(codec):
    content = PERSIAN.replace("ی", "ي").encode(codec)
    encoding = encoding_of(content, "windows-1256" if codec == "cp1256" else "auto")

    assert "".join(text_lines(io.BytesIO(content), encoding)).startswith("شناسه,نام\nc-1,")


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (PERSIAN.replace("ی", "ي").encode("cp1256"), "auto", "windows-1256"),
        (PERSIAN.encode("utf-16"), "utf-8", "utf-16"),
        (PERSIAN.encode("utf-16-le"), "auto", "utf-16"),
        (PERSIAN.encode(), "utf-16", "byte order mark"),
        (PERSIAN.encode(), "windows-1256", "UTF-8"),
    ],
)
def test_the_wrong_encoding_is_refused_with_the_right_one(content, said, hint):
    with pytest.raises(WrongEncoding, match=hint):
        encoding_of(content, said)


def test_the_wrong_byte_is_named_by_its_line():
    with pytest.raises(WrongEncoding, match="line 3 "):
        encoding_of(b"a,b\n1,2\n3,\xff\n")


def test_the_delimiter_is_found_or_said():
    assert [delimiter_of(header) for header in ("a,b", "a;b", "a\tb", "a|b", '"a,x";b', "a")] == [*",;\t|;,"]
    assert read_header('"a;x";b\r\n', ";") == ["a;x", "b"]
    for header, said in (("a;b", ","), ("a,b", "x"), ("a,b", ",;")):
        with pytest.raises(WrongHeader):
            delimiter_of(header, said)
    with pytest.raises(WrongHeader):
        read_header("\n", ",")
