"""``python -m churn.backtest orders.csv`` prints one JSON object, and a table for people on standard error."""

import argparse
import sys
from pathlib import Path
from typing import Any, get_args

import orjson

from churn.backtest.amounts import UnclearAmounts
from churn.backtest.interactions import with_interactions
from churn.backtest.page import page_of
from churn.backtest.read import Log, Way, read_log
from churn.backtest.report import report_of, report_of_nothing
from churn.backtest.run import run
from churn.backtest.shops import backtest_shops, report_of_shops
from churn.backtest.table import shops_table, table_of
from churn.domain.forecast.version import HORIZON_WEEKS
from mandegar.calendar import ShopDays, shop_days
from mandegar.clock import Clock, monotonic_seconds
from mandegar.events.written_number import Mark
from mandegar.quantities import to_us
from mandegar.row_files.header import WrongHeader
from mandegar.row_files.text import Encoding, WrongEncoding

EVERY_SECONDS = 1.0
WEEKS_MAX = 52.0


class WrongArgument(ValueError):
    """What was asked for cannot be done; the message says why."""


def main() -> int:
    """Read the files, run, print; 0 if there was something to judge, most rows were read and the page is written."""
    wanted = _arguments()
    try:
        _check_page(wanted)
        log = _read(wanted)
    except WrongEncoding as error:
        return _nothing(wanted, f"{error} (ENCODING=)")
    except (WrongArgument, WrongHeader, UnclearAmounts, OSError) as error:
        return _nothing(wanted, str(error))
    for broken in log.broken:
        for line in broken.told():
            _say(line)
    if log.broken_count:
        _say(f"{log.broken_count} broken rows were left out, {log.orders} orders are left")
    progress = _Progress()
    if wanted.shops_of:
        report = backtest_shops(log, wanted.shops_of, wanted.horizon, progress)
        lines = shops_table(report)
        is_empty = not report["shops"]
    else:
        result = run(log, wanted.horizon, progress)
        report = report_of(log, result, wanted.horizon)
        lines = table_of(report)
        is_empty = not result.judged
    for line in lines:
        _say(line)
    # What took long to compute comes first: a page can be written again from it.
    _print(report)
    is_written = is_empty or wanted.shops_of or wanted.page is None or _write_page(wanted.page, report)
    is_read = not any(broken.is_most for broken in log.broken)
    if log.orders and not is_read:
        _say("Most rows could not be read: the result is one of the rest.")
    return int(is_empty or not is_written or not is_read)


def _nothing(wanted: argparse.Namespace, reason: str) -> int:
    _say(reason)
    size = wanted.shops_of
    _print(report_of_shops([], size, reason) if size else report_of_nothing(reason, wanted.horizon))
    return 1


def _print(report: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()


def _check_page(wanted: argparse.Namespace) -> None:
    """Raise ``WrongArgument`` if the page cannot be written, before anything is computed."""
    page: Path | None = wanted.page
    if page is None:
        return
    if wanted.shops_of:
        _say("No page is written of many small shops (PAGE with SHOPS_OF).")
    elif not page.absolute().parent.is_dir() or page.is_dir():
        why = "it is a folder" if page.is_dir() else "its folder does not exist"
        raise WrongArgument(f"The page {page} cannot be written: {why}.")


def _write_page(page: Path, report: dict[str, Any]) -> bool:
    try:
        page.write_text(page_of(report), encoding="utf-8")
    except OSError as error:
        _say(f"The page {page} cannot be written: {error.strerror}.")
        return False
    _say(f"page: {page}")
    return True


def _read(wanted: argparse.Namespace) -> Log:
    days = _days_of(wanted.zone)
    way = Way(days, wanted.encoding, wanted.decimal, days.day_of(to_us(Clock().now())))
    log = read_log(wanted.orders, way, lambda rows: _say(f"{rows} rows read"))
    if wanted.interactions is None:
        return log
    return with_interactions(log, wanted.interactions, way, lambda rows: _say(f"{rows} interactions read"))


def _days_of(zone: str) -> ShopDays:
    try:
        return shop_days(zone)
    except (KeyError, ValueError, OSError):  # also the names of folders, and of files elsewhere
        raise WrongArgument(f"There is no zone {zone}; zones have names such as Asia/Tehran.") from None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m churn.backtest", description=__doc__)
    parser.add_argument("orders", type=Path, help="CSV with the columns customer_id,time,amount")
    parser.add_argument("--interactions", type=Path, help="CSV with the columns customer_id,time,type[,value,subject]")
    parser.add_argument("--horizon", type=_weeks, default=HORIZON_WEEKS, help="weeks in which a purchase counts (8)")
    parser.add_argument("--zone", default="UTC", help="the shop's zone, for times that have one")
    parser.add_argument("--encoding", choices=get_args(Encoding), default="auto", help="of the files (auto)")
    parser.add_argument("--decimal", choices=get_args(Mark), help="the mark before fractions, if amounts do not tell")
    parser.add_argument("--page", type=Path, help="write an HTML page with plots here")
    parser.add_argument("--shops-of", type=int, default=0, help="cut the log at random into shops of so many customers")
    return parser.parse_args()


def _weeks(text: str) -> float:
    weeks = float(text)
    if not 1.0 <= weeks <= WEEKS_MAX:
        raise argparse.ArgumentTypeError(f"must be from 1 to {WEEKS_MAX:g} weeks")
    return weeks


class _Progress:
    """Tells how far it is, once a second."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, doing: str, done: int, total: int) -> None:
        now = monotonic_seconds()
        if done == total or now - self._last >= EVERY_SECONDS:
            self._last = now
            _say(f"{done} of {total} {doing}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
