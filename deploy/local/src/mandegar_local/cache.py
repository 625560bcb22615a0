"""Where downloads are kept: one directory per user, shared by all checkouts."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_directory() -> Path:
    """`MANDEGAR_CACHE`, or `mandegar` in the user's cache directory; made when missing."""
    named = os.environ.get("MANDEGAR_CACHE")
    directory = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mandegar"
    directory.mkdir(parents=True, exist_ok=True)
    return directory.resolve()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, so that two checkouts do not fill the cache at the same time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
