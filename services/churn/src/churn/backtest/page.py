"""The result as one HTML page without scripts, whose plots are part of it: it loads nothing."""

from base64 import b64encode
from html import escape
from typing import Any

from churn.backtest.plots import plots_of
from churn.backtest.table import table_of

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#0f172a}
pre{background:#f8fafc;padding:1rem;overflow-x:auto;font-size:13px}
section{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:2rem}
figure{margin:0}figcaption{font-size:14px;color:#475569}img{width:100%;height:auto}
"""
_HEAD = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>Backtest of the churn score</title><style>{_STYLE}</style></head><body>
"""
_CAPTIONS = {
    "reliability": "Reliability: what was said against what happened, by tenths of the customers. Grey: each origin.",
    "lift": "Lift: the share of the buyers among the customers who are likeliest to buy. Dashed: chosen at random.",
    "calendar": "Calendar: the share that bought within the horizon after each origin, and the share that was said.",
}


def page_of(report: dict[str, Any]) -> str:
    """The page. A log without an origin has no plots."""
    log = report["log"]
    facts = f"{log['orders']} orders of {log['customers']} customers"
    if log["days"]:
        facts += f", {' to '.join(log['days'])}"
    if log["broken_rows"]:
        facts += f"; {log['broken_rows']} broken rows were left out"
    figures = "".join(
        f'<figure><img alt="{name}" src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}">'
        f"<figcaption>{escape(_CAPTIONS[name])}</figcaption></figure>"
        for name, svg in (plots_of(report) if report["origins"] else {}).items()
    )
    table = escape("\n".join(table_of(report)))
    return (
        f"{_HEAD}<h1>Backtest of the churn score</h1><p>{escape(facts)}.</p><pre>{table}</pre>"
        f"<section>{figures}</section></body></html>\n"
    )
