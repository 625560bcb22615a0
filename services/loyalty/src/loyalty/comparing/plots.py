"""Draws the months of a comparison as SVG without text: the page around it has words and numbers in any language.

Nothing else imports matplotlib, which takes 60 MB.
"""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BEFORE, AFTER, GRID = "#64748b", "#0f766e", "#e2e8f0"
_WIDTH, _HEIGHT = 8.0, 1.6
_BAR = 0.38


def plots_of(months: Sequence[dict[str, Any]]) -> dict[str, str]:
    """``given`` and ``kept``: points of both programmes by month. Drawn again, the same bytes."""
    return {name: _drawn(months, name, bars=name == "given") for name in ("given", "kept")}


def _drawn(months: Sequence[dict[str, Any]], name: str, *, bars: bool) -> str:
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    axes: Axes = figure.add_axes((0, 0, 1, 1))
    before, after = ([month[side][name] for month in months] for side in ("before", "after"))
    places = range(len(months))
    if bars:
        axes.bar([place - _BAR / 2 for place in places], before, _BAR, color=BEFORE)
        axes.bar([place + _BAR / 2 for place in places], after, _BAR, color=AFTER)
    else:
        axes.plot(places, before, color=BEFORE, linewidth=2)
        axes.plot(places, after, color=AFTER, linewidth=2)
    axes.set_xlim(-0.5, max(len(months), 1) - 0.5)
    axes.set_ylim(0, max(1, *before, *after) * 1.05 if months else 1)
    axes.grid(visible=True, axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelleft=False, labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "mandegar", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    # It fills the space that the page gives it.
    return svg[svg.index("<svg") :].replace("<svg ", '<svg preserveAspectRatio="none" ', 1)
