"""Tables and sentences for a terminal of any width: a row is one line, an address is never broken."""

import textwrap
from collections.abc import Sequence

_BETWEEN = "  "


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> list[str]:
    """The lines of a table whose columns are as wide as their longest cell; those in `right` are aligned right.

    A heading of two words stands in two lines where its cells are narrow.
    """
    halves = [heading.split(" ", 1) if " " in heading else ["", heading] for heading in headings]
    lines = [[half[0] for half in halves], [half[1] for half in halves], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]

    def aligned(line: Sequence[str]) -> str:
        cells = zip(line, widths, headings, strict=True)
        return _BETWEEN.join(
            cell.rjust(width) if heading in right else cell.ljust(width) for cell, width, heading in cells
        ).rstrip()

    return [line for line in map(aligned, lines) if line]


def row_name(process: str) -> str:
    """The name of a process in a table: a worker stands below the process of its service."""
    return "  worker" if process.endswith("-worker") else process


def indented(sentence: str, width: int) -> list[str]:
    """The sentence in lines of at most `width`, later ones indented; longer words, such as addresses, stay whole."""
    return textwrap.wrap(
        sentence, max(width, 20), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
