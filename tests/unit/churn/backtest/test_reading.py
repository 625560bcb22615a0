"""An order log is one log in every way in which shops write it; what cannot be read is told with its reason."""

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.backtest.amounts import NUMBER_MAX, Amounts, UnclearAmounts, number_of
from churn.backtest.apart import lie_apart
from churn.backtest.broken import NAMED_MAX, WrongField
from churn.backtest.interactions import with_interactions
from churn.backtest.read import Log, Way, read_log
from churn.backtest.times import instant_of
from mandegar.calendar import shop_days
from mandegar.events.written_number import Mark
from mandegar.row_files.header import WrongHeader
from mandegar.row_files.text import WrongEncoding

TEHRAN = shop_days("Asia/Tehran")
# sara bought for 43.13 on one day and for 1043.5 two days later, mana for 5.
BOUGHT = [("سارا", "2024-01-27", 43.13), ("سارا", "2024-01-29", 1043.5), ("مانا", "2024-03-20", 5.0)]
HEADER = "customer_id,time,amount\n"

Reads = Callable[..., Log]


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    def read(content: str | bytes, **way: str | int) -> Log:
        file = tmp_path / "orders.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_log(file, Way(TEHRAN, **way), lambda _: None)  # type: ignore[arg-type]

    return read


def bought(log: Log) -> list[tuple[str, str, float]]:
    purchases = log.purchases
    days = np.array(purchases.day).astype("datetime64[D]") - np.timedelta64(719163, "D")
    names = [log.customers[place] for place in purchases.customer]
    return [*zip(names, map(str, days), map(float, purchases.net), strict=True)]


def told(log: Log) -> list[str]:
    return [line for broken in log.broken for line in broken.told()]


ROWS = {
    "plain": HEADER + "سارا,2024-01-27,43.13\nسارا,2024-01-29,1043.5\nمانا,2024-03-20,5\n",
    "semicolons and commas": "customer_id;time;amount\nسارا;2024-01-27;43,13\n"
    "سارا;2024-01-29;1043,50\nمانا;2024-03-20;5\n",
    "thousands": HEADER + 'سارا,2024-01-27,43.13\nسارا,2024-01-29,"1,043.50"\nمانا,2024-03-20,5.\n',
    "thousands of a continent": HEADER + 'سارا,2024-01-27,"43,13"\nسارا,2024-01-29,"1.043,50"\nمانا,2024-03-20,5\n',
    "spaces for thousands": HEADER + "سارا,2024-01-27,43.13\nسارا,2024-01-29,1 043.5\nمانا,2024-03-20,+5\n",
    "Persian digits": HEADER + "سارا,۲۰۲۴-۰۱-۲۷,۴۳.۱۳\nسارا,۲۰۲۴-۰۱-۲۹,۱٬۰۴۳٫۵\nمانا,۲۰۲۴-۰۳-۲۰,۵\n",
    "slashes": HEADER + "سارا,2024/01/27,43.13\nسارا,2024/1/29,1043.5\nمانا,2024/03/20 10:00,5\n",
    "Jalali": HEADER + "سارا,1402-11-07,43.13\nسارا,1402/11/09,1043.5\nمانا,۱۴۰۳/۰۱/۰۱ ۱۰:۰۰,5\n",
    "instants": HEADER
    + "سارا,2024-01-26 21:00:00 UTC,43.13\nسارا,2024-01-29T10:00:00+03:30,1043.5\nمانا,2024-03-19T20:30:00Z,5\n",
    "exponents": HEADER + "سارا,2024-01-27,4.313e1\nسارا,2024-01-29,1.0435E+03\nمانا,2024-03-20,.5e1\n",
    "units": HEADER + "سارا,2024-01-27,43.13 EUR\nسارا,2024-01-29,EUR 1043.5\nمانا,2024-03-20,5\n",
    "sep": "sep=;\r\ncustomer_id;time;amount\r\nسارا;2024-01-27;43.13\r\nسارا;2024-01-29;1043.5\r\n"
    "مانا;2024-03-20;5\r\n",
    "blank lines": "\n \n" + HEADER + "\nسارا,2024-01-27,43.13\nسارا,2024-01-29,1043.5\n\nمانا,2024-03-20,5\n",
    "spaces before quotes": '"customer_id", "time", "amount"\n"سارا", "2024-01-27", "43.13"\n'
    '"سارا", "2024-01-29", "1,043.50"\n"مانا", "2024-03-20", "5"\n',
    "empty fields behind": HEADER + "سارا,2024-01-27,43.13,,\nسارا,2024-01-29,1043.5\nمانا,2024-03-20,5, \n",
    "empty columns behind": "customer_id,time,amount,,\nسارا,2024-01-27,43.13,,\nسارا,2024-01-29,1043.5,,\n"
    "مانا,2024-03-20,5,,\n",
}  # fmt: skip


@pytest.mark.parametrize("content", ROWS.values(), ids=ROWS)
def test_a_log_is_one_log_in_every_way_of_writing_it(reads: Reads, content: str) -> None:
    log = reads(content)

    assert told(log) == []
    assert bought(log) == BOUGHT


@pytest.mark.parametrize(
    ("codec", "encoding"), [("utf-8-sig", "auto"), ("utf-16", "auto"), ("cp1256", "windows-1256"), ("utf-8", "utf-8")]
)
def test_a_log_is_one_log_in_every_encoding(reads: Reads, codec: str, encoding: str) -> None:
    assert bought(reads(ROWS["plain"].encode(codec), encoding=encoding)) == BOUGHT


def test_names_in_another_encoding_make_no_customers(reads: Reads) -> None:
    with pytest.raises(WrongEncoding, match="windows-1256"):
        reads(ROWS["plain"].encode("cp1256"))

    late = HEADER.encode() + b"a,2024-01-27,5\n" * 100_000 + "سارا,2024-01-27,5\nمانا,2024-01-27,5\n".encode("cp1256")
    log = reads(late)
    assert log.customers == ["a"]
    assert "2 rows: customer_id has bytes that are none of the file's encoding" in told(log)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,2024-01-27,43,13", "the row has 4 fields, the header 3; is a decimal comma not quoted?"),
        ("a,2024-01-27,43,x,y", "the row has 5 fields, the header 3"),
        ("a,2024-01-27", "the row has 2 fields, the header 3"),
        (",2024-01-27,5", "customer_id is empty"),
        ("a,2024-01-27,ten", "amount is no number"),
        ("a,2024-01-27,", "amount is no number"),
        ("a,2024-01-27,1e999", "amount is larger than any amount"),
        ("a,2024-01-27,nan", "amount is no number"),
        ("a,2024-01-27,-.5", "amount is below 0"),
        ("a,2024-01-27,5 USD", "amount is not in EUR"),
        ("a,1970-01-01,5", "time lies before 2 January 1970"),
        ("a,0999-01-01,5", "time lies before 2 January 1970"),
        ("a,9999-12-31T23:59:59-05:00,5", "time lies behind the year 2199"),
        ("a,9999/12/31 23:59:59 -05:00,5", "time is no date or time"),
        ("a,2024-02-30,5", "time is no day of the Gregorian calendar"),
        ("a,1403/07/31,5", "time is no day of the Jalali calendar"),
        ("a,yesterday,5", "time is no date or time"),
        ("a,01/11/2026,5", "time is no date or time"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line_and_counted_by_its_reason(
    reads: Reads, row: str, reason: str
) -> None:
    log = reads(f"{HEADER}b,2024-01-27,5 EUR\n" + f"{row}\n" * (NAMED_MAX + 3))
    lines = told(log)

    assert bought(log) == [("b", "2024-01-27", 5.0)]
    assert log.broken_count == NAMED_MAX + 3
    assert [line.split(":")[0] for line in lines[:-1]] == [f"line {number}" for number in range(3, NAMED_MAX + 3)]
    assert lines[-1].startswith(f"{NAMED_MAX + 3} rows: {reason}")


MARKS = {
    # What else is in the file, and what 1,234 and 1.234 are beside it. None: the file does not tell.
    "5": None,
    "۱٬۲۳۴٫۵": None,
    "5,000,000": (1234.0, 1.234),
    "5,000.5": (1234.0, 1.234),
    "12.5": (1234.0, 1.234),
    "1250.125": (1234.0, 1.234),
    "5.000.000": (1.234, 1234.0),
    "5.000,5": (1.234, 1234.0),
    "$12,5": (1.234, 1234.0),
    "12.5|12,5": None,
    "5,000,000|5.000.000": None,
}


def amounts_of(texts: list[str], mark: Mark | None = None) -> list[float]:
    amounts = Amounts(mark)
    for text in texts:
        amounts.add(text)
    return [*amounts.values()]


@pytest.mark.parametrize(("beside", "expected"), MARKS.items(), ids=MARKS)
@pytest.mark.parametrize(("unclear", "number"), [("1,234", 0), ("1.234", 1)])
def test_amounts_that_may_be_either_are_read_by_the_mark_that_others_prove_wherever_these_stand(
    beside: str, expected: tuple[float, float] | None, unclear: str, number: int
) -> None:
    others = beside.split("|")
    if expected is None and unclear == "1.234" and len(others) == 1:
        expected = (1234.0, 1.234)  # nothing speaks against a point
    for before, behind in ((others, []), ([], others)):
        texts = [*before, unclear, *behind]
        assert amounts_of([unclear], ".") == [(1234.0, 1.234)[number]]
        assert amounts_of([unclear], ",") == [(1.234, 1234.0)[number]]
        if expected is None:
            with pytest.raises(UnclearAmounts, match="DECIMAL"):
                amounts_of(texts)
        else:
            assert amounts_of(texts)[len(before)] == expected[number]


def test_no_thousands_begin_with_a_zero() -> None:
    assert amounts_of(["0,500", "1.234"]) == [0.5, 1234.0]


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=30), st.sampled_from(".,"))
def test_a_file_of_thousands_is_read_whole_or_not_at_all(amounts: list[int], mark: str) -> None:
    texts = [f"{amount:,}".replace(",", mark) for amount in amounts]
    if max(amounts) >= 10**6 or max(amounts) < 1000:
        assert amounts_of(texts) == amounts
    elif mark == ",":
        with pytest.raises(UnclearAmounts):
            amounts_of(texts)


def test_a_rating_with_a_point_is_one_whatever_stands_before_fractions_in_amounts() -> None:
    assert [number_of("4.5", "value", mark) for mark in (None, ".", ",")] == [4.5, 4.5, 4.5]  # type: ignore[arg-type]


@given(st.floats(0, NUMBER_MAX), st.sampled_from([None, ".", ","]))
def test_every_amount_that_a_program_writes_as_a_float_is_read(value: float, mark: str | None) -> None:
    text = repr(value).replace(".", ",") if mark == "," else repr(value)

    assert number_of(text, "amount", mark) == value  # type: ignore[arg-type]


@given(st.text(alphabet="0123456789۱۲.,٫٬eE+-$€ RUnaif", max_size=12), st.sampled_from([None, ".", ","]))
def test_any_text_is_a_finite_number_or_a_broken_row(text: str, mark: str | None) -> None:
    with suppress(WrongField):
        assert math.isfinite(number_of(text, "amount", mark))  # type: ignore[arg-type]


def test_a_wrong_year_is_told_and_left_out_and_a_pause_of_a_year_is_none(reads: Reads) -> None:
    rows = [f"c{place % 9},2024-{1 + place // 20:02}-{1 + place % 20:02},5\n" for place in range(200)]
    again = [row.replace("2024", "2026") for row in rows]
    log = reads(HEADER + "z,2040-01-01,5\n" + "".join(rows))

    assert log.customers == [f"c{place}" for place in range(9)]
    assert log.orders == 200
    assert told(log)[0].startswith("line 2: time '2040-01-01' lies apart")
    assert reads(HEADER + "".join(rows + again)).broken_count == 0


@pytest.mark.parametrize(
    ("number", "wrong", "left_out"),
    [
        (718, ["2027-05-20"], 1),
        (718, ["2026-12-02"], 1),
        (718, ["2026-12-01"], 0),  # today, elsewhere
        (300, ["1985-06-01", "1985-06-02"], 2),
        (9_949, ["1985-06-01"] * 51, 51),
        (300, ["2022-11-01"] * 2, 0),  # first orders, before a pause of a year and a half
        (300, ["2032-01-01"] * 7, 0),  # more than a few: no record, but a log that somebody has made
    ],
)
def test_wrong_years_in_small_numbers_lie_apart_and_first_orders_do_not(
    number: int, wrong: list[str], left_out: int
) -> None:
    today = date(2026, 11, 30).toordinal()
    rest = np.arange(number) % 700 + date(2024, 6, 1).toordinal()
    days = np.concatenate([rest, [date.fromisoformat(day).toordinal() for day in wrong]])
    apart = lie_apart(days, today)

    assert apart.sum() == left_out
    assert not apart[:number].any()
    assert not lie_apart(rest + 10_000, today).any()  # wholly in the future


def test_an_order_in_the_future_is_told_as_one(reads: Reads) -> None:
    content = HEADER + "a,2026-11-29,5\n" * 30 + "b,2027-05-20,10\n"

    assert reads(content).orders == 31
    assert told(reads(content, today=date(2026, 11, 30).toordinal())) == [
        "line 32: time '2027-05-20' lies in the future, and the other orders do not",
        "1 row: time lies in the future, and the other orders do not",
    ]


@pytest.mark.parametrize(
    "header",
    ["Customer ID,Time,Amount", "customer-id,TIME,amount", "customerid,date,total", "User Id,Created at,amount,date"],
)
def test_columns_have_the_names_that_exports_give_them(reads: Reads, header: str) -> None:
    if header.endswith("date"):
        with pytest.raises(WrongHeader, match="may be time: Created at, date"):
            reads(header + "\n")
    else:
        assert bought(reads(header + "\nc,2024-01-27,5\n")) == [("c", "2024-01-27", 5.0)]
        assert bought(reads(f"date,id,{header}\n1,2,c,2024-01-27,5\n".replace(",date,", ",time,"))) == [
            ("c", "2024-01-27", 5.0)
        ]


@given(st.lists(st.integers(720_000, 800_000), max_size=60), st.integers(0, 9), st.integers(720_000, 800_000))
def test_at_most_a_few_orders_lie_apart_at_each_end(days: list[int], number: int, today: int) -> None:
    rest = [740_000 + place for place in range(20, 20 + 40 * number)]
    apart = lie_apart(np.array(days + rest, dtype=np.int64), today)

    assert apart.sum() <= 3 * max(3, len(apart) // 50)  # before, behind, and in the future


def test_interactions_are_read_as_orders_are(reads: Reads, tmp_path: Path) -> None:
    log, file = reads(ROWS["plain"]), tmp_path / "interactions.csv"
    file.write_text(
        "sep=;\ncustomer_id;time;type;value\nسارا;1402/11/08;review.submitted;1,0\nسارا;۲۰۲۴-۰۱-۲۸;product.viewed\n"
        "سارا;1402/11/08;review.submitted;1;2\nسارا;9999-12-31T23:59:59-05:00;product.viewed;\n"
    )
    heard = with_interactions(log, file, Way(TEHRAN), lambda _: None)

    assert told(heard)[:2] == [
        "interactions.csv, line 5: the row has 5 fields, the header 4; is a decimal comma not quoted?",
        "interactions.csv, line 6: time '9999-12-31T23:59:59-05:00' lies behind the year 2199",
    ]
    assert heard.purchases.signals is not None
    assert [*heard.purchases.signals.day] == [date(2024, 1, 28).toordinal()]


def test_a_date_without_a_time_is_its_noon() -> None:
    assert (
        instant_of("1402/11/07", TEHRAN) == instant_of("2024-01-27", TEHRAN) == instant_of("2024-01-27 12:00", TEHRAN)
    )
