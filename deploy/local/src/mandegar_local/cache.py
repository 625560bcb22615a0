"""The download cache: one directory per user, for all checkouts."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_directory() -> Path:
    """`MANDEGAR_CACHE`, or `mandegar` in the user's cache directory; created if missing."""
    named = os.environ.get("MANDEGAR_CACHE")
    directory = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mandegar"
    directory.mkdir(parents=True, exist_ok=True)
    return directory.resolve()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, so that only one checkout fills the cache at a time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
