"""The archive of a shop that moves: a zip of JSON lines, and a manifest with a checksum of each of them.

``topics/<topic>/<partition>`` has the shop's records in their order, ``rows/<service>/<table>`` its rows, and
``states/<service>`` the state of each customer (``states.py``). It contains addresses, messages and orders.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Annotated, Final

import msgspec
from msgspec import Struct

from mandegar.kafka.missing_records import Missing
from mandegar.moving.records import Record, check_record
from mandegar.moving.states import State
from mandegar.quantities import whole_of

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
# No row that a service writes is as long.
LINE_BYTES_MAX: Final = 64 * 1024 * 1024
_ENCODER = msgspec.json.Encoder()


class BadArchive(ValueError):
    """The archive is not whole, or not one of a shop that this release can move in."""


class Manifest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an archive contains.

    ``ends`` are the offsets, by partition, up to which it has the shop's records. ``identity`` tells the identity keys
    of two installations apart without naming them. ``migrations`` is the last migration of each service. ``members``
    are checksums (SHA-256) and numbers of lines, by name. ``missing`` are records before the ends that the brokers no
    longer had, whose shops nobody knows.
    """

    format: int
    shop: str
    taken_at: datetime
    partitions: Annotated[int, msgspec.Meta(ge=1)]
    identity: str
    ends: dict[str, list[int]]
    migrations: dict[str, str]
    customers: int
    members: dict[str, tuple[str, int]]
    missing: list[Missing] = []

    @property
    def archive_id(self) -> str:
        """The same for the same content alone."""
        return hashlib.sha256(_ENCODER.encode(self)).hexdigest()

    def records(self, topic: str) -> int:
        """How many records of a topic there are."""
        return sum(lines for name, (_, lines) in self.members.items() if name.startswith(f"topics/{topic}/"))


class _Format(Struct):
    format: int


class _OfShop(Struct):
    shop: str


_FORMAT = msgspec.json.Decoder(_Format)
_MANIFEST = msgspec.json.Decoder(Manifest)
_OF_SHOP = msgspec.json.Decoder(_OfShop)
_STATE = msgspec.json.Decoder(State)
_RECORD = msgspec.json.Decoder(Record)


def records_member(topic: str, partition: int) -> str:
    return f"topics/{topic}/{partition:04}.jsonl"


def rows_member(service: str, table: str) -> str:
    return f"rows/{service}/{table}.jsonl"


def states_member(service: str) -> str:
    return f"states/{service}.jsonl"


class ArchiveWriter:
    """Writes an archive into an open file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self.members: dict[str, tuple[str, int]] = {}

    def __enter__(self) -> "ArchiveWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()  # else it is closed after its file, and complains on the screen

    @contextmanager
    def member(self, name: str) -> Iterator["MemberWriter"]:
        """Write the lines of a member within the block."""
        with self._zip.open(name, "w", force_zip64=True) as stream:
            writer = MemberWriter(stream)
            yield writer
        self.members[name] = (writer.sum.hexdigest(), writer.lines)

    def add_file(self, name: str, source: Path) -> None:
        """Add a file of lines as a member."""
        with self.member(name) as writer, source.open("rb") as lines:
            for line in lines:
                writer.write(line.rstrip(b"\n"))

    def close(self, manifest: Manifest) -> None:
        """Add the manifest, and close the archive."""
        self._zip.writestr(MANIFEST, _ENCODER.encode(manifest))
        self._zip.close()


class MemberWriter:
    """Writes lines and computes their checksum."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.sum, self.lines = stream, hashlib.sha256(), 0

    def write(self, line: bytes) -> None:
        self._stream.write(line)
        self._stream.write(b"\n")
        self.sum.update(line)
        self.sum.update(b"\n")
        self.lines += 1


class Archive:
    """An archive to read. Raises ``BadArchive`` for whatever is no archive of this format."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._refusing():
            self._zip = zipfile.ZipFile(path)
            self.manifest = self._read_manifest()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member; none if the archive has no such member."""
        if name not in self.manifest.members:
            return
        with self._refusing(), self._zip.open(name) as stream:
            while line := stream.readline(LINE_BYTES_MAX + 1):
                if len(line) > LINE_BYTES_MAX:
                    raise BadArchive(f"{self._path}: {name} has a line of more than {LINE_BYTES_MAX:,} bytes")
                yield line.rstrip(b"\n")

    def records(self, topic: str, partition: int) -> Iterator[Record]:
        """The records of a partition, in their order."""
        return map(_RECORD.decode, self.lines(records_member(topic, partition)))

    def tables(self, service: str) -> list[str]:
        """The tables of which there are rows."""
        folder = rows_member(service, "").removesuffix(".jsonl")
        names = [name for name in self.manifest.members if name.startswith(folder)]
        return sorted(name.removeprefix(folder).removesuffix(".jsonl") for name in names)

    def check(self) -> None:
        """Read the whole archive: every checksum is right, and every record and row is the shop's."""
        manifest, listed = self.manifest, self._zip.namelist()
        if sorted(listed) != sorted([*manifest.members, MANIFEST]):
            raise BadArchive(f"{self._path} does not have the members that its manifest lists")
        for name, (checksum, lines) in manifest.members.items():
            found, number = hashlib.sha256(), 0
            for number, line in enumerate(self.lines(name), start=1):
                found.update(line + b"\n")
                self._check_line(name, line, number)
            if found.hexdigest() != checksum or number != lines:
                raise BadArchive(f"{self._path}: {name} was changed after the archive was written")

    def _check_line(self, name: str, line: bytes, number: int) -> None:
        folder, place, *rest = name.removesuffix(".jsonl").split("/")
        try:
            if folder == "topics" and name == records_member(place, partition := whole_of(rest[0])):
                check_record(_RECORD.decode(line), self.manifest.shop, place, partition, self.manifest.partitions)
            elif folder == "rows" and _OF_SHOP.decode(line).shop == self.manifest.shop:
                pass
            elif name == states_member(place):
                _STATE.decode(line)
            else:
                raise BadArchive(f"it is not of the shop {self.manifest.shop}, or not where it belongs")
        except (msgspec.MsgspecError, ValueError, IndexError) as error:
            raise BadArchive(f"{self._path}: line {number} of {name} is refused: {error}") from error

    def _read_manifest(self) -> Manifest:
        try:
            content = self._zip.read(MANIFEST)
            found = _FORMAT.decode(content).format
        except (KeyError, msgspec.MsgspecError) as error:
            raise BadArchive(f"{self._path} is not an archive of a shop: it has no manifest") from error
        if found != FORMAT:
            raise BadArchive(f"{self._path} has the format {found}; this release reads the format {FORMAT} alone")
        try:
            return _MANIFEST.decode(content)
        except msgspec.MsgspecError as error:
            raise BadArchive(f"{self._path}: the manifest is not one of the format {FORMAT}: {error}") from error

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Say of whatever cannot be read that the archive is not whole."""
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise BadArchive(f"{self._path} is not a whole archive of a shop ({error}); copy it again") from error
