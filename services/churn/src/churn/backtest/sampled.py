"""``python -m churn.backtest.sampled`` reads a request, a line of JSON, then a sample as a fit reads it.

It writes its progress and the result, one JSON a line. It computes in one process, at low priority, within a bound of
memory, and ends with the process that started it.
"""

import os
import resource
import sys
from typing import Any, Final

import orjson

from churn.backtest.page import page_of
from churn.backtest.read import Log
from churn.backtest.report import report_of
from churn.backtest.run import run
from churn.fitting.sample import read_purchases
from mandegar.calendar import shop_days
from mandegar.children import end_with

LOW_PRIORITY: Final = 10
# Four and a half years of origins.
ORIGINS_MAX: Final = 60
# A sample is bounded, and takes about a quarter of this.
MEMORY_BYTES_MAX: Final = 2**30


def main() -> None:
    """Read, judge, write."""
    os.nice(LOW_PRIORITY)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    request = orjson.loads(sys.stdin.buffer.readline())
    end_with(request["parent"])
    _progress("orders read", 0, 1)
    days, treatments = shop_days(request["zone"]), request["treatments"]
    purchases = read_purchases(sys.stdin.buffer, days, request["through_day"], treatments)
    names = [str(place) for place in range(purchases.customers)]
    log = Log(names, purchases, int(purchases.orders.sum()), ())
    weeks = float(request["horizon_weeks"])
    found = run(log, weeks, _progress, processes=1, origins_max=ORIGINS_MAX)
    report = report_of(log, found, weeks)
    _write({"result": report, "page": page_of(report)})


def _progress(doing: str, done: int, total: int) -> None:
    _write({"doing": doing, "done": done, "total": total})


def _write(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
