"""An append-only file of JSON records with an index in memory, in which mailbox and SMS outbox store messages."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]


@dataclass(slots=True)
class _Entry:
    offset: int
    length: int
    receivers: frozenset[str]


class MessageStore:
    """Records by number, from 1 on. `receivers` returns the receivers of a record, by which it can be filtered."""

    def __init__(self, path: Path, receivers: Callable[[Record], list[str]]) -> None:
        """Open or create the file; removes a last line that a kill of the process has cut short."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._receivers = receivers
        self._entries: list[_Entry] = []
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._end = 0
        with path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._index(line, json.loads(line))
        os.ftruncate(self._file, self._end)

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, record: Record) -> Record:
        """Store a record and return it with its `id`; it survives a kill of the process."""
        numbered = {"id": len(self._entries) + 1, **record}
        line = json.dumps(numbered, ensure_ascii=False).encode() + b"\n"
        os.pwrite(self._file, line, self._end)
        self._index(line, numbered)
        return numbered

    def get(self, number: int) -> Record | None:
        """The record with a number; None if there is none."""
        if not 1 <= number <= len(self._entries):
            return None
        entry = self._entries[number - 1]
        record: Record = json.loads(os.pread(self._file, entry.length, entry.offset))
        return record

    def newest(self, limit: int, *, before: int | None = None, to: str | None = None) -> list[Record]:
        """At most `limit` records, newest first, with numbers below `before`, to the receiver `to`."""
        records: list[Record] = []
        last = len(self._entries) if before is None else min(before - 1, len(self._entries))
        wanted = to.casefold() if to is not None else None
        for number in range(last, 0, -1):
            if len(records) >= limit:
                break
            if wanted is None or wanted in self._entries[number - 1].receivers:
                record = self.get(number)
                if record is not None:
                    records.append(record)
        return records

    def all(self) -> Iterator[Record]:
        """Every record, oldest first."""
        for number in range(1, len(self._entries) + 1):
            record = self.get(number)
            if record is not None:
                yield record

    def count(self, to: str | None) -> int:
        """The number of records to a receiver, or of all records."""
        if to is None:
            return len(self._entries)
        return sum(to.casefold() in entry.receivers for entry in self._entries)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _index(self, line: bytes, record: Record) -> None:
        receivers = frozenset(receiver.casefold() for receiver in self._receivers(record))
        self._entries.append(_Entry(self._end, len(line), receivers))
        self._end += len(line)
