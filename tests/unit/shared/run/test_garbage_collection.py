"""Cycles are collected although the thresholds of automatic collection are high."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import suppress

import pytest

from harness.waiting import eventually
from mandegar.run.garbage_collection import collect_periodically, raise_gc_thresholds


class Connection:
    """Something that the frame of an error holds."""

    def connect(self) -> None:
        raise OSError


def try_in_vain() -> "weakref.ref[Connection]":
    """As a client does that tries several addresses and keeps the last error: frame and error hold each other."""
    connection = Connection()
    try:
        connection.connect()
    except OSError as error:
        last_error = error
    assert last_error
    return weakref.ref(connection)


@pytest.fixture
def calm() -> Iterator[None]:
    thresholds = gc.get_threshold()
    raise_gc_thresholds()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("calm")
async def test_what_an_outage_leaves_behind_is_let_go() -> None:
    left = try_in_vain()
    assert left() is not None
    collecting = asyncio.create_task(collect_periodically(0.01))
    await eventually(lambda: left() is None, bool, seconds=5)
    collecting.cancel()
    with suppress(asyncio.CancelledError):
        await collecting
