"""Looks through what processes say: their logs, and the metrics that they answer with."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import httpx2

from mandegar_local.find.scanning import Found, Scan
from mandegar_local.find.spellings import Spelling

_PIECE = 1 << 20


def search_logs(paths: Iterable[Path], spellings: Sequence[Spelling]) -> list[Found]:
    found: list[Found] = []
    for path in paths:
        scan = Scan(f"log {path.name}", spellings)
        with path.open("rb") as log:
            while piece := log.read(_PIECE):
                scan.feed(piece)
        found += scan.found
    return found


def search_metrics(urls: Mapping[str, str], spellings: Sequence[Spelling]) -> list[Found]:
    """``urls`` are those of processes, by name."""
    found: list[Found] = []
    for name, url in urls.items():
        scan = Scan(f"metrics of {name}", spellings)
        scan.feed(httpx2.get(f"{url}/metrics", timeout=10).raise_for_status().content)
        found += scan.found
    return found
