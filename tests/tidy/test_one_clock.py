"""Time is an argument: one file reads a clock, so that a test or a demo can choose the hour."""

import re

from tidy.tree import product, report

CLOCK = "libs/shared/src/mandegar/clock.py"
# Path to the reason why a file may read a clock by itself.
ALLOWED: dict[str, str] = {}
_LEASE = "a lease is real time, measured by one server for all workers"
# Path to the reason why a service's statement may ask the database.
ALLOWED_SQL = {
    "libs/shared/src/mandegar/jobs/rows.py": _LEASE,
    "services/churn/src/churn/segment_figures/claim_rows.py": _LEASE,
    "services/notify/src/notify/sends/due_rows.py": _LEASE,
    "services/notify/src/notify/sends/attempt_rows.py": _LEASE,
}
_READS = re.compile(
    r"(?:^|\.)(?:datetime\.(?:now|utcnow|today)|date\.today"
    r"|time\.(?:time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|gmtime|localtime))$"
)
_NAKED = {
    f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
}
_SQL_CLOCK = re.compile(r"\b(now\(\)|clock_timestamp\(\)|current_(timestamp|date|time)\b|localtime)", re.IGNORECASE)


def test_one_file_reads_the_clock():
    found = [
        f"{source.path}:{call.lineno} {name}()"
        for source in product()
        if source.path not in {CLOCK, *ALLOWED}
        for call, name in source.called
        if _READS.search(name)
    ]
    found += [
        f"{source.path}:{line} imports {name}"
        for source in product()
        if source.path not in {CLOCK, *ALLOWED}
        for line, name in source.imports()
        if name in _NAKED
    ]

    assert not found, report("take the instant as an argument, or ask mandegar.clock", found)


def test_no_statement_of_a_service_asks_the_database_for_the_time():
    found = [
        f"{source.path}:{line} {match[0]}"
        for source in product()
        if source.service and "/src/" in source.path and source.path not in ALLOWED_SQL
        for line, text in source.strings()
        if (match := _SQL_CLOCK.search(text))
    ]

    assert not found, report("the deployment's clock may play another hour than the server's: pass the instant", found)


def test_the_list_of_exceptions_names_files_that_exist():
    assert {*ALLOWED, *ALLOWED_SQL} <= {source.path for source in product()}
