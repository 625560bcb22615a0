"""Append-only files of JSON lines that are on disk before the next step is taken."""

import json
import os
import time
from pathlib import Path
from typing import Any


class Lines:
    """One file of facts; with ``durable`` each line is on disk when ``write`` returns."""

    def __init__(self, path: Path, *, durable: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._durable = durable
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, **fact: Any) -> None:
        """Add a line with the present instant."""
        os.write(self._file, json.dumps({"at": round(time.time(), 6), **fact}, ensure_ascii=False).encode() + b"\n")
        if self._durable:
            os.fdatasync(self._file)

    def close(self) -> None:
        os.close(self._file)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Every fact of a file, in order."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class Timeline:
    """What was done to the stack and when: on disk for the checkers, in memory for the report."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        self._began = time.monotonic()
        self.told: list[str] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def note(self, what: str, target: str, state: str) -> None:
        self._lines.write(what=what, target=target, state=state)
        self.told.append(f"{self.seconds:7.1f} s  {what} {target} {state}")

    def close(self) -> None:
        self._lines.close()
