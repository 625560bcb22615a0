"""The backtest of the sample, as a command; its figures are those that the score has to reach."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from churn.backtest.baselines import NAMES
from churn.backtest.read import Way, read_log
from churn.backtest.report import report_of
from churn.backtest.run import run
from churn.backtest.table import table_of
from mandegar.calendar import shop_days


def backtest(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "churn.backtest", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def is_finite(report: dict[str, Any]) -> bool:
    """Whether scores and versions are numbers: what is not finite is null in JSON."""
    means = [report["mean"][name] for name in ("brier", "log_loss", "ece")]
    return None not in means and "null" not in json.dumps([origin["version"] for origin in report["origins"]])


def is_empty(report: dict[str, Any]) -> bool:
    """Whether the means are those of no origin."""
    mean = report["mean"]
    measures = [of[name] for of in (mean, *mean["baselines"].values()) for name in ("auc", "brier", "log_loss", "ece")]
    return list(mean["baselines"]) == [*NAMES] and mean.get("n", 0) == 0 and {*measures} == {None}


@pytest.fixture(scope="module")
def folder(cdnow: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backtest")
    rows = [f"{line.customer},{line.day},{line.amount}\n" for line in cdnow.lines]
    (folder / "orders.csv").write_text("customer_id,time,amount\n" + "".join(rows))
    return folder


@pytest.fixture(scope="module")
def ran(folder: Path) -> subprocess.CompletedProcess[str]:
    return backtest(folder / "orders.csv", "--page", folder / "page.html")


@pytest.fixture(scope="module")
def report(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def test_the_score_reaches_its_figures_on_the_sample(report: dict[str, Any]) -> None:
    mean = report["mean"]

    assert mean["auc"] >= 0.801
    assert mean["brier"] <= 0.0831
    assert mean["log_loss"] <= 0.2875
    assert mean["ece"] <= 0.0205


def test_the_score_is_better_than_each_baseline_on_all_four_measures_and_not_by_chance(report: dict[str, Any]) -> None:
    mean = report["mean"]
    for baseline, other in mean["baselines"].items():
        low, high = report["intervals"]["gains"][baseline]["log_loss"]
        assert mean["auc"] > other["auc"]
        assert all(mean[name] < other[name] for name in ("brier", "log_loss", "ece"))
        assert 0.0 < low < other["log_loss"] - mean["log_loss"] < high


def test_origins_are_four_weeks_apart_while_a_whole_horizon_follows(report: dict[str, Any]) -> None:
    assert [origin["at"] for origin in report["origins"]][:2] == ["1997-07-02", "1997-07-30"]
    assert len(report["origins"]) == 11
    assert all(origin["n"] == 2_357 for origin in report["origins"])


def test_of_those_who_enter_at_risk_few_buy_and_what_was_shown_is_near_what_happened(report: dict[str, Any]) -> None:
    bands = report["bands"]

    assert bands["at_risk"]["buys_after_entry"] <= 0.15
    assert all(abs(band["said"] - band["buys"]) <= 0.03 for band in bands.values())


def test_the_table_and_the_page_show_the_score_beside_the_baselines(
    ran: subprocess.CompletedProcess[str], folder: Path
) -> None:
    page = (folder / "page.html").read_text()

    assert "11 of 11 origins fitted" in ran.stderr
    assert "Pareto/NBD" in ran.stderr
    assert page.count("<img") == 3
    assert "Pareto/NBD" in page
    assert "<script" not in page


def test_broken_rows_are_named_by_line_and_left_out(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "amount;customer_id;time\n"
        "10;a;1997-01-01T10:00:00Z\n"
        "ten;a;1997-01-02\n"
        "10;;1997-01-02\n"
        "10;a\n"
        "10;a;yesterday\n"
        "-1;a;1997-01-02\n"
        "nan;a;1997-01-02\n"
        "10;b;1996-12-31T23:30:00Z\n"
        "10;a;1997-12-01\n"
    )
    ran = backtest(orders, "--zone", "Asia/Tehran")

    assert [line[:6] for line in ran.stderr.splitlines() if line.startswith("line ")] == [
        f"line {number}" for number in range(3, 9)
    ]
    assert "1 row: amount is below 0" in ran.stderr
    assert "6 broken rows were left out, 3 orders are left" in ran.stderr
    assert "Most rows could not be read" in ran.stderr
    assert json.loads(ran.stdout)["log"]["days"] == ["1997-01-01", "1997-12-01"]


def test_a_file_without_its_columns_or_a_log_that_is_too_short_is_one_sentence_and_exit_1(tmp_path: Path) -> None:
    wrong, short, empty = tmp_path / "wrong.csv", tmp_path / "short.csv", tmp_path / "empty.csv"
    wrong.write_text("who,when\na,1997-01-01\n")
    short.write_text("customer_id,time,amount\na,1997-01-01,5\n")
    empty.write_text("customer_id,time,amount\n")
    missing, too_short, no_orders = backtest(wrong), backtest(short), backtest(empty)

    assert [ran.returncode for ran in (missing, too_short, no_orders)] == [1, 1, 1]
    assert "missing: customer_id, time, amount" in missing.stderr
    assert "too short" in too_short.stderr
    assert "too short" in no_orders.stderr
    assert [line for line in missing.stderr.splitlines() if line] == [json.loads(missing.stdout)["reason"]]
    for ran in (missing, too_short, no_orders):
        assert is_empty(json.loads(ran.stdout))


def test_a_log_of_which_no_row_can_be_read_is_not_called_too_short(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("customer_id,time,amount\n" + "a,2024-01-27,43,13\n" * 30)
    ran = backtest(orders)

    assert ran.returncode == 1
    assert "30 rows: the row has 4 fields, the header 3" in ran.stderr
    assert "No row could be read." in ran.stderr
    assert "too short" not in ran.stderr
    assert json.loads(ran.stdout)["log"]["broken_rows"] == 30
    assert json.loads(ran.stdout)["reason"] == "No row could be read."
    shops = backtest(orders, "--shops-of", "60")
    assert (shops.returncode, json.loads(shops.stdout)["reason"]) == (1, "No row could be read.")
    assert is_empty(json.loads(shops.stdout))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--page", "nowhere/page.html"), "The page nowhere/page.html cannot be written: its folder does not exist."),
        (("--page", "."), "The page . cannot be written: it is a folder."),
        (("--zone", "../etc"), "There is no zone ../etc; zones have names such as Asia/Tehran."),
        (("--zone", "/etc/passwd"), "There is no zone /etc/passwd; zones have names such as Asia/Tehran."),
        (("--zone", "Tehran"), "There is no zone Tehran; zones have names such as Asia/Tehran."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence_before_anything_is_computed(
    folder: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    ran = backtest(folder / "orders.csv", *arguments)

    assert (ran.returncode, ran.stderr) == (1, f"{sentence}\n")
    assert json.loads(ran.stdout)["reason"] == sentence


def test_a_page_that_cannot_be_written_in_the_end_costs_no_result(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("customer_id,time,amount\n" + "".join(f"a,1997-{month:02}-01,5\n" for month in range(1, 13)))
    ran = backtest(orders, "--page", "/dev/full")

    assert ran.returncode == 1
    assert "The page /dev/full cannot be written: No space left on device." in ran.stderr
    assert json.loads(ran.stdout)["mean"] is not None


def test_a_file_in_another_encoding_is_one_sentence_with_the_option_that_says_it(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_bytes("customer_id,time,amount\nسارا,2024-01-27,5\n".encode("cp1256"))
    ran = backtest(orders)

    assert ran.returncode == 1
    assert ran.stderr.endswith("say the encoding windows-1256. (ENCODING=)\n")


def test_a_backtest_that_is_killed_leaves_no_process(folder: Path) -> None:
    command = [sys.executable, "-m", "churn.backtest", str(folder / "orders.csv")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as ran:
        assert ran.stderr is not None
        assert "origins fitted" in ran.stderr.readline()
        workers = psutil.Process(ran.pid).children()
        ran.kill()
    _, alive = psutil.wait_procs(workers, timeout=20)

    assert workers
    assert not alive


def test_a_shop_of_one_customer_has_figures_without_nan(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("customer_id,time,amount\n" + "".join(f"a,1997-{month:02}-01,5\n" for month in range(1, 13)))
    ran = backtest(orders)

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["mean"]["auc"] is None
    assert is_finite(json.loads(ran.stdout))


def test_an_order_of_1985_and_amounts_from_zero_to_1e15_have_figures_without_nan(tmp_path: Path) -> None:
    orders, days = tmp_path / "orders.csv", ["1985-06-01", *(f"1986-{month:02}-15" for month in range(1, 13))]
    rows = [f"c{place},{day},{amount}\n" for place, amount in enumerate((0, 10**15, 3)) for day in days[place:]]
    orders.write_text("customer_id,time,amount\n" + "".join(rows))
    ran = backtest(orders, "--horizon", "4")

    assert ran.returncode == 0, ran.stderr
    assert is_finite(json.loads(ran.stdout))


def test_origins_before_which_and_after_which_nobody_buys_are_left_out_and_counted(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    months = [f"{year}-{month:02}" for year in (2022, 2024) for month in range(1, 13)]
    rows = [f"c{place},{month}-{1 + place},5\n" for month in months for place in range(0, 28, 3)]
    orders.write_text("customer_id,time,amount\n" + "".join(rows))
    log = read_log(orders, Way(shop_days("UTC")), lambda _: None)
    result = run(log, 8, lambda *_: None, processes=1)
    report = report_of(log, result, 8)

    days = set(log.purchases.day)
    assert all(any(day < bought <= day + 56 for bought in days) for day in (each.day for each in result.judged))
    assert all(origin["base_rate"] > 0 for origin in report["origins"])
    assert report["log"]["empty_origins"] == 11
    assert "11 origins were left out: nobody bought within the horizon" in [*table_of(report)]


def test_small_shops_drawn_from_the_log_are_not_behind_bg_nbd(folder: Path) -> None:
    ran = backtest(folder / "orders.csv", "--shops-of", "1100")
    report = json.loads(ran.stdout)

    assert report["shops"] == 2
    assert report["mean"]["log_loss"] < report["mean"]["baselines"]["bg_nbd"]["log_loss"]
