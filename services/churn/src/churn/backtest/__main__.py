"""``python -m churn.backtest orders.csv`` prints one JSON object, and a table for people on standard error."""

import argparse
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from churn.backtest.interactions import with_interactions
from churn.backtest.page import page_of
from churn.backtest.read import Log, read_log
from churn.backtest.report import report_of
from churn.backtest.run import run
from churn.backtest.shops import backtest_shops
from churn.backtest.table import shops_table, table_of
from churn.domain.forecast.version import HORIZON_WEEKS
from mandegar.calendar import ShopDays, shop_days
from mandegar.clock import monotonic_seconds
from mandegar.row_files.header import WrongHeader

EVERY_SECONDS = 1.0
WEEKS_MAX = 52.0


def main() -> int:
    """Read the file, run, print; 0 if there was something to judge."""
    wanted = _arguments()
    try:
        days = shop_days(ZoneInfo(wanted.zone).key)
        log = _with_interactions(read_log(wanted.orders, days, lambda rows: _say(f"{rows} rows read")), wanted, days)
    except (ZoneInfoNotFoundError, WrongHeader, OSError) as error:
        _say(str(error))
        return 1
    for line in log.broken:
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
        if wanted.page and not is_empty:
            wanted.page.write_text(page_of(report), encoding="utf-8")
            _say(f"page: {wanted.page}")
    for line in lines:
        _say(line)
    sys.stdout.buffer.write(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    return int(is_empty)


def _with_interactions(log: Log, wanted: argparse.Namespace, days: ShopDays) -> Log:
    if wanted.interactions is None:
        return log
    return with_interactions(log, wanted.interactions, days, lambda rows: _say(f"{rows} interactions read"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m churn.backtest", description=__doc__)
    parser.add_argument("orders", type=Path, help="CSV with the columns customer_id,time,amount")
    parser.add_argument("--interactions", type=Path, help="CSV with the columns customer_id,time,type[,value,subject]")
    parser.add_argument("--horizon", type=_weeks, default=HORIZON_WEEKS, help="weeks in which a purchase counts (8)")
    parser.add_argument("--zone", default="UTC", help="the shop's zone, for times that have one")
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
