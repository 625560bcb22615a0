"""The result on a terminal: one line a model, one a band."""

from collections.abc import Iterator
from typing import Any

from churn.backtest.baselines import NAMES
from churn.domain.bands import BANDS

TITLES = {
    "purchases_only": "purchases only",
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "recency": "recency rule",
}


def table_of(report: dict[str, Any]) -> Iterator[str]:
    """The lines of the table."""
    mean = report["mean"]
    if report["reason"] is not None:
        yield report["reason"]
        return
    origins, weeks = len(report["origins"]), report["horizon_weeks"]
    yield f"{origins} origins, horizon {weeks:g} weeks, base rate {mean['base_rate']:.3f}"
    if empty := report["log"]["empty_origins"]:
        yield f"{empty} {'origin was' if empty == 1 else 'origins were'} left out: nobody bought within the horizon"
    yield f"{'':14}{'AUC':>8}{'Brier':>8}{'log loss':>10}{'ECE':>8}   log loss gained by the score, 95 %"
    yield f"{'score':14}{_measures(mean)}"
    for name in mean["baselines"]:
        gain = report["intervals"]["gains"][name]["log_loss"]
        measures = mean["baselines"][name]
        difference = measures["log_loss"] - mean["log_loss"]
        yield f"{TITLES[name]:14}{_measures(measures)}   {difference:+.4f} [{gain[0]:+.4f}, {gain[1]:+.4f}]"
    yield ""
    yield f"{'band':14}{'entries':>8}{'a year':>8}{'buy then':>10}{'said':>8}{'customers':>11}{'buy':>8}{'said':>8}"
    for band in BANDS:
        of = report["bands"][band]
        yield (
            f"{band:14}{of['entries']:>8}{_number(of['entries_per_customer_year'])}"
            f"{_number(of['buys_after_entry'], 10)}{_number(of['said_at_entry'])}"
            f"{of['customers_at_origins']:>11}{_number(of['buys'])}{_number(of['said'])}"
        )
    yield ""
    shares = ", ".join(
        f"{name.replace('_', ' ')} {_number(held['share_of_later_revenue'], 0)}"
        for name, held in report["value_list"].items()
    )
    yield f"later revenue in the top tenth of those not healthy, by: {shares}"


def shops_table(report: dict[str, Any]) -> Iterator[str]:
    """The lines about many small shops."""
    yield f"{report['shops']} shops of {report['customers_each']} customers, drawn at random from the log; means"
    if report["reason"] is not None:
        yield report["reason"]
        return
    yield f"{'':14}{'AUC':>8}{'Brier':>8}{'log loss':>10}{'ECE':>8}   shops in which the score's log loss is lower"
    yield f"{'score':14}{_measures(report['mean'])}"
    for name in NAMES:
        of = report["mean"]["baselines"][name]
        yield f"{TITLES[name]:14}{_measures(of)}   {of['shops_behind_the_score']} of {report['shops']}"


def _measures(of: dict[str, Any]) -> str:
    return f"{_number(of['auc'])}{_number(of['brier'])}{_number(of['log_loss'], 10)}{_number(of['ece'])}"


def _number(value: float | None, width: int = 8) -> str:
    return f"{'–' if value is None else format(value, '.4f'):>{width}}"
