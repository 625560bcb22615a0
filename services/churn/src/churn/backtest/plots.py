"""Draws what a backtest found, as SVG: reliability, lift and calendar."""

import io
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

SCORE, BASELINE, GRID = "#0f766e", "#64748b", "#e2e8f0"
_SIZE = (5.2, 3.6)


class Scale(NamedTuple):
    """What an axis is called, and how its numbers are written."""

    name: str
    written: Callable[[float], str]


def plots_of(report: dict[str, Any]) -> dict[str, str]:
    """``reliability``, ``lift`` and ``calendar``. Drawn again, the same bytes."""
    return {"reliability": _reliability(report), "lift": _lift(report), "calendar": _calendar(report)}


def _reliability(report: dict[str, Any]) -> str:
    """Predicted against actual shares of buyers, by tenths of the customers, at each origin and over all."""
    figure, axes = _axes("said", "bought")
    rows = [origin["reliability"] for origin in report["origins"]]
    for row in rows:
        axes.plot([b["said"] for b in row], [b["bought"] for b in row], color=BASELINE, alpha=0.25, linewidth=0.8)
    said, bought = _pooled(rows)
    axes.plot(said, bought, color=SCORE, marker="o", linewidth=2)
    most = max([*said, *bought, 0.01]) * 1.05
    axes.plot([0, most], [0, most], color=BASELINE, linestyle="--", linewidth=1)
    axes.set_xlim(0, most)
    axes.set_ylim(0, most)
    return _svg(figure)


def _lift(report: dict[str, Any]) -> str:
    """The share of all buyers among the customers who are likeliest to buy."""
    figure, axes = _axes("share of customers, likeliest first", "share of the buyers")
    rows = [origin["reliability"] for origin in report["origins"]]
    counts, buyers = [0.0], [0.0]
    for place in range(max(map(len, rows))):
        parts = [row[-1 - place] for row in rows if place < len(row)]
        counts.append(counts[-1] + sum(part["n"] for part in parts))
        buyers.append(buyers[-1] + sum(part["n"] * part["bought"] for part in parts))
    axes.plot([c / counts[-1] for c in counts], [b / max(buyers[-1], 1e-9) for b in buyers], color=SCORE, linewidth=2)
    axes.plot([0, 1], [0, 1], color=BASELINE, linestyle="--", linewidth=1)
    return _svg(figure)


def _calendar(report: dict[str, Any]) -> str:
    """The actual and the predicted share of buyers, by origin."""
    figure, axes = _axes("", "share that buys within the horizon")
    origins = report["origins"]
    places = range(len(origins))
    axes.plot(places, [origin["base_rate"] for origin in origins], color=BASELINE, linewidth=2, label="bought")
    axes.plot(places, [origin["predicted"] for origin in origins], color=SCORE, linewidth=2, label="said")
    every = ceil(len(origins) / 5)
    axes.set_xticks([*places][::every], [origin["at"] for origin in origins][::every], fontsize=7)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return _svg(figure)


def curves(lines: Sequence[Sequence[float]], across: Scale, up: Scale, *, skipped: int) -> str:
    """Lines over 0, 1, 2 and so on, the last one darkest; the first ``skipped`` points of each are left out."""
    figure, axes = _axes(across.name, up.name)
    for number, line in enumerate(lines, start=1):
        places = range(skipped, len(line))
        axes.plot(places, line[skipped:], color=SCORE, alpha=0.15 + 0.85 * number / len(lines), marker=".", linewidth=1)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axis, scale in ((axes.xaxis, across), (axes.yaxis, up)):
        axis.set_major_formatter(_formatter(scale))
    return _svg(figure)


def _formatter(scale: Scale) -> FuncFormatter:
    return FuncFormatter(lambda value, _: scale.written(value))


def _pooled(rows: list[list[dict[str, Any]]]) -> tuple[list[float], list[float]]:
    said, bought = [], []
    for place in range(max(map(len, rows))):
        parts = [row[place] for row in rows if place < len(row)]
        total = sum(part["n"] for part in parts)
        said.append(sum(part["n"] * part["said"] for part in parts) / total)
        bought.append(sum(part["n"] * part["bought"] for part in parts) / total)
    return said, bought


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True, color=GRID)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "mandegar", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
