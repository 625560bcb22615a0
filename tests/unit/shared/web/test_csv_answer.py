"""CSV for spreadsheets: what RFC 4180 says of lines and quotes, and no cell that a spreadsheet would compute."""

import csv
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from mandegar.web.csv_answer import Cell, csv_answer, one_page, wants_csv


async def text_of(rows: Iterable[Sequence[Cell]], *, bom: bool = False) -> str:
    answer = csv_answer(("a", "b"), one_page(rows), file_name="x.csv", bom=bom)
    parts = [part if isinstance(part, bytes) else bytes(part, "utf-8") async for part in answer.body_iterator]
    return b"".join(parts).decode()


async def test_lines_end_as_the_standard_says_and_cells_are_quoted_where_they_must():
    text = await text_of([("plain", 1), ('a "quote", and\r\na line', -2), (None, date(2027, 1, 31))])

    assert text == 'a,b\r\nplain,1\r\n"a ""quote"", and\r\na line",-2\r\n,2027-01-31\r\n'


async def test_an_instant_is_written_in_utc_with_a_z():
    assert (await text_of([(datetime(2027, 1, 31, 12, tzinfo=UTC), 0)])).endswith("2027-01-31T12:00:00Z,0\r\n")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", '=HYPERLINK("http://example.test")', "＝1", "－1"],
)
async def test_a_text_that_a_spreadsheet_would_compute_begins_with_an_apostrophe(text):
    [_, line] = csv.reader(StringIO(await text_of([(text, 1)]), newline=""))

    assert line == [f"'{text}", "1"]


async def test_a_number_below_zero_stays_a_number():
    assert (await text_of([("x", -5)])).endswith("x,-5\r\n")


@given(st.lists(st.tuples(st.text(), st.integers()), max_size=5))
async def test_whatever_is_written_is_read_again_but_for_apostrophes(rows):
    read = list(csv.reader(StringIO(await text_of(rows), newline="")))

    assert [[cell.removeprefix("'") for cell in line] for line in read[1:]] == [
        [text.removeprefix("'"), str(number)] for text, number in rows
    ]


async def test_the_byte_order_mark_comes_first_if_it_is_asked_for():
    assert (await text_of([], bom=True)).encode().startswith(b"\xef\xbb\xbfa,b")


async def test_a_page_is_read_when_the_one_before_is_written():
    read: list[int] = []

    async def pages() -> AsyncIterator[list[tuple[Cell, ...]]]:
        for number in range(3):
            read.append(number)
            yield [(number, number)]

    body = aiter(csv_answer(("a", "b"), pages(), file_name="x.csv", bom=False).body_iterator)
    assert await anext(body) == b"a,b\r\n"
    assert not read
    await anext(body)

    assert read == [0]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [("text/csv", True), ("*/*", False), ("application/json", False), ("text/csv, application/json", False)],
)
def test_csv_is_answered_to_who_accepts_that_and_no_json(accept, wanted):
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})

    assert wants_csv(request) is wanted
