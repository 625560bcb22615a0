"""Moves the shop of an archive into an empty installation."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from mandegar.database.address import NotConnected
from mandegar.kafka.missing_records import listed
from mandegar.moving.archive import Archive, BadArchive, Manifest, states_member
from mandegar.moving.sole_run import AnotherRun, sole_run
from mandegar.moving.states import State
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.read_records import require_topics
from mandegar_local.moving.write_records import write_records
from mandegar_local.stack_error import StackError

_STATE = msgspec.json.Decoder(State)


class Different(NamedTuple):
    """A customer whose state in a service is not that of the archive; an empty id is the shop itself."""

    service: str
    customer: str


async def move_in(home: Installation, path: Path, *, without_missing: bool = False) -> tuple[Manifest, list[Different]]:
    """Move the shop in; its manifest, and the customers whose states differ from those of the archive.

    After an interruption, another call continues. Raises StackError if the archive is not whole, or does not fit here;
    unless ``without_missing``, also if its brokers no longer had all records; and if another run moves a shop in here.
    """
    try:
        with Archive(path) as archive:
            archive.check()
            if archive.manifest.missing and not without_missing:
                raise StackError(
                    f"The archive lacks records ({listed(archive.manifest.missing)}): the rows of the shop are whole, "
                    "but no service could be rebuilt here. With --without-missing-records it is moved in so."
                )
            async with AsyncExitStack() as stack:
                runs = [await stack.enter_async_context(sole_run(home.worker_url(each))) for each in home.services]
                await require_topics(home)
                for service in home.services:
                    await home.run(service, "move-in", str(path), "--prepare")
                await write_records(home, archive)
                for service, run in zip(home.services, runs, strict=True):
                    await run.require()
                    await home.run(service, "move-in", str(path))
                return archive.manifest, await _differing(home, archive)
    except (BadArchive, AnotherRun, NotConnected) as error:
        raise StackError(f"{error}.") from error


async def _differing(home: Installation, archive: Archive) -> list[Different]:
    differing: list[Different] = []
    with TemporaryDirectory() as directory:
        for service in home.services:
            file = Path(directory) / f"{service}.jsonl"
            await home.run(service, "states", "--shop", archive.manifest.shop, "--into", str(file))
            with file.open("rb") as here:
                wanted, found = map(_STATE.decode, archive.lines(states_member(service))), map(_STATE.decode, here)
                differing += [Different(service, customer) for customer in differences(wanted, found)]
    return differing


def differences(wanted: Iterator[State], found: Iterator[State]) -> Iterator[str]:
    """The customers of either whose states are not the same; both are sorted by the bytes of the ids."""
    here, there = next(wanted, None), next(found, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here.customer.encode() < there.customer.encode()):
            assert here is not None  # noqa: S101
            yield here.customer
            here = next(wanted, None)
        elif here is None or there.customer.encode() < here.customer.encode():
            yield there.customer
            there = next(found, None)
        else:
            if here.state != there.state:
                yield here.customer
            here, there = next(wanted, None), next(found, None)
