"""Writes the archive of a shop."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import typer

from mandegar.kafka.missing_records import Missing, listed
from mandegar.moving.archive import FORMAT, ArchiveWriter, Manifest
from mandegar.moving.take_out import Taken, taken_file
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.read_records import (
    Ends,
    anything_new,
    deleted_records,
    ends_of,
    reader,
    require_topics,
    write_records,
)
from mandegar_local.stack_error import StackError

# How often the rows are taken anew because something of the shop happened meanwhile.
ROUNDS = 5
_TAKEN = msgspec.json.Decoder(Taken)


async def export_shop(
    home: Installation, shop: str, target: Path, wait_seconds: float, *, without_missing: bool = False
) -> Manifest:
    """Write everything of a shop into an archive, as of one instant at which nothing of it is under way.

    Raises StackError if that does not come, and if the brokers no longer have all records, unless the archive may be
    ``without_missing`` ones.
    """
    incoming = target.with_name(target.name + ".incoming")
    incoming.unlink(missing_ok=True)
    try:
        with _folder_beside(target) as directory, _private(incoming) as file, ArchiveWriter(file) as archive:
            manifest = await _write(home, shop, archive, directory, wait_seconds, without_missing=without_missing)
        incoming.replace(target)
    finally:
        incoming.unlink(missing_ok=True)
    return manifest


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """A folder of its owner's alone, in place of what a run left that was killed."""
    folder = target.with_name(f"{target.name}.rows")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _private(path: Path) -> IO[bytes]:
    """A new file that its owner alone may read."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


async def _write(
    home: Installation,
    shop: str,
    archive: ArchiveWriter,
    directory: Path,
    wait_seconds: float,
    *,
    without_missing: bool,
) -> Manifest:
    await require_topics(home)
    async with reader(home) as consumer:
        if not without_missing:
            _require_whole(await deleted_records(consumer, home))
        for _ in range(ROUNDS):
            ends = await ends_of(consumer, home)
            taken = await _take(home, shop, ends, directory, wait_seconds)
            require_one_installation(taken, await ends_of(consumer, home))
            if not await anything_new(consumer, home, shop, ends):
                break
            typer.echo("Something of the shop happened meanwhile; its rows are taken again.", err=True)
        else:
            raise StackError(
                f"The shop {shop} does not come to rest: stop its sources, and close its historical ones, then export."
            )
        missing = await write_records(consumer, home, shop, ends, archive)
    if not without_missing:
        _require_whole(missing)
    for service, said in taken.items():
        if said.dead_letters:
            typer.echo(f"{service}: {said.dead_letters:,} open dead letters of the shop stay behind.", err=True)
        for folder in (directory / "rows" / service, directory / "states"):
            for file in sorted(folder.glob(f"{service}.jsonl" if folder.name == "states" else "*.jsonl")):
                archive.add_file(file.relative_to(directory).as_posix(), file)
    manifest = Manifest(
        format=FORMAT,
        shop=shop,
        taken_at=max(said.at for said in taken.values()),
        partitions=home.partitions,
        identity=next(iter(taken.values())).identity,
        ends=ends,
        migrations={service: said.migration for service, said in taken.items()},
        customers=max(said.customers for said in taken.values()),
        members=archive.members,
        missing=missing,
    )
    archive.close(manifest)
    return manifest


def _require_whole(missing: Sequence[Missing]) -> None:
    if missing:
        raise StackError(
            f"The brokers no longer have all records ({listed(missing)}). The rows of the shop are whole, but no "
            "service could be rebuilt from what is left in its new home. With --without-missing-records it is exported "
            "so."
        )


async def _take(
    home: Installation, shop: str, ends: dict[str, list[int]], directory: Path, wait_seconds: float
) -> dict[str, Taken]:
    """Let each service write its rows into the directory; what each says of them."""
    offsets = directory / "ends.json"
    offsets.write_bytes(msgspec.json.encode(ends))
    words = ("--shop", shop, "--ends", str(offsets), "--into", str(directory), "--wait", str(wait_seconds))
    for service in home.services:
        await home.run(service, "move-out", *words)
    return {service: _TAKEN.decode(taken_file(directory, service).read_bytes()) for service in home.services}


def require_one_installation(taken: Mapping[str, Taken], ends: Ends) -> None:
    """Raise StackError if the services and the brokers cannot belong together."""
    if len({said.identity for said in taken.values()}) > 1:
        raise StackError("The services have different identity keys (MANDEGAR_IDENTITY_KEY): one installation has one.")
    for service, said in taken.items():
        for topic, partition, offset in said.applied:
            there = ends[topic]
            if offset > (there[partition] if partition < len(there) else 0):
                raise StackError(
                    f"{service} has applied more records of {topic} than the brokers have: its database is that of "
                    "another installation, or the brokers have lost records."
                )
