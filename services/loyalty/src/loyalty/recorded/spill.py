"""Facts that wait in files: as many as a shop has do not fit into memory."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import compress, crc32, decompress

from msgspec import msgpack

from loyalty.domain.orders import Fact

# So many facts are in one file on average, of which one at a time is in memory.
ROWS_PER_FILE = 40_000
# Beyond 10 million facts files become larger.
FILES_MAX = 250
# Rows that wait to be written, of all files together.
ROWS_WAITING = 50_000
_FAST = 1
_LENGTH_BYTES = 4


# The place of what is recorded on another topic than the turns of its customer: the time of its record tells it.
BY_TIME = -1


class Row(NamedTuple):
    """A fact, the id under which it was recorded, and its place among the turns of that id."""

    customer_id: str
    place: int
    recorded_at: int
    order_id: str
    fact: Fact


_DECODER = msgpack.Decoder(list[Row])
_ENCODER = msgpack.Encoder()


class Spill:
    """Rows divided among files by customer. About 50 bytes per row are written."""

    def __init__(self, directory: Path, records: int) -> None:
        """``records`` is how many rows there may be."""
        directory.mkdir()
        self._directory = directory
        self.files = min(records // ROWS_PER_FILE + 1, FILES_MAX)
        self._at_once = ROWS_WAITING // FILES_MAX
        self._waiting: defaultdict[int, list[Row]] = defaultdict(list)

    def add(self, row: Row) -> None:
        """Add a row to the file of its customer."""
        number = self.file_of(row.customer_id)
        waiting = self._waiting[number]
        waiting.append(row)
        if len(waiting) >= self._at_once:
            self._write(number)

    def file_of(self, customer_id: str) -> int:
        """The number of the file that has the rows of a customer."""
        return crc32(customer_id.encode()) % self.files

    def rows(self, number: int) -> Iterator[list[Row]]:
        """The rows of one file, in the order in which they were added, some at a time."""
        self._write(number)
        path = self._path(number)
        if not path.exists():
            return
        with path.open("rb") as file:
            while length := file.read(_LENGTH_BYTES):
                yield _DECODER.decode(decompress(file.read(int.from_bytes(length, "big"))))

    def _write(self, number: int) -> None:
        if rows := self._waiting.pop(number, None):
            block = compress(_ENCODER.encode(rows), _FAST)
            with self._path(number).open("ab") as file:
                file.write(len(block).to_bytes(_LENGTH_BYTES, "big") + block)

    def _path(self, number: int) -> Path:
        return self._directory / f"{number}.facts"
