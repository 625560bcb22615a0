"""Damage to a topic's log on the disk of a running broker, which checks a batch when it is produced, and not again."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka.record.util import calc_crc32c

from harness.servers import ROOT

_CHECKSUM, _ATTRIBUTES, _COUNT, _RECORDS = 17, 21, 57, 61
_OVERHEAD = 12


class Batch(NamedTuple):
    """A batch in the log of a partition."""

    path: Path
    position: int
    content: bytes

    @property
    def base(self) -> int:
        return int(struct.unpack_from(">q", self.content)[0])

    def write(self, content: bytes) -> None:
        """Put other bytes of the same length in its place."""
        assert len(content) == len(self.content)
        with self.path.open("r+b") as log:
            log.seek(self.position)
            log.write(content)


def batches(bootstrap: str, topic: str, partition: int) -> list[Batch]:
    """The batches of a partition, oldest first; skips the test if the broker's disk is not at hand."""
    data = ROOT / ".local" / "test" / f"kafka-{bootstrap.rpartition(':')[2]}"
    found = sorted(data.glob(f"**/{topic}-{partition}/*.log"))
    if not found:
        pytest.skip("the log of this broker is not on this machine")
    (path,) = found
    log, position, listed = path.read_bytes(), 0, []
    while position + _RECORDS <= len(log):
        length = int(struct.unpack_from(">i", log, position + 8)[0])
        if length <= 0:
            break
        listed.append(Batch(path, position, log[position : position + _OVERHEAD + length]))
        position += _OVERHEAD + length
    return listed


def _with_checksum(change: Callable[[bytearray], None]) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        changed = bytearray(content)
        change(changed)
        struct.pack_into(">I", changed, _CHECKSUM, calc_crc32c(bytes(changed[_ATTRIBUTES:])))
        return bytes(changed)

    return damage


def _flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 0xFF]) + content[-2:]


def _compressed_with(codec: int) -> Callable[[bytearray], None]:
    def change(content: bytearray) -> None:
        content[_ATTRIBUTES + 1] = content[_ATTRIBUTES + 1] & ~7 | codec

    return change


def _garbled(content: bytearray) -> None:
    for place in range(_RECORDS + 2, len(content)):
        content[place] ^= 0x5A


def _longer_record(content: bytearray) -> None:
    content[_RECORDS] ^= 0x10


def _more_records(content: bytearray) -> None:
    struct.pack_into(">i", content, _COUNT, struct.unpack_from(">i", content, _COUNT)[0] + 3)


# Each makes other bytes of a batch. All but the first have a checksum that matches.
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": _flipped,
    "an unknown compression": _with_checksum(_compressed_with(6)),
    "said to be gzip": _with_checksum(_compressed_with(1)),
    "said to be snappy": _with_checksum(_compressed_with(2)),
    "said to be lz4": _with_checksum(_compressed_with(3)),
    "said to be zstd": _with_checksum(_compressed_with(4)),
    "garbled": _with_checksum(_garbled),
    "a record that is too long": _with_checksum(_longer_record),
    "fewer records than announced": _with_checksum(_more_records),
}
