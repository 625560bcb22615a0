"""The unprivileged account PostgreSQL runs under when we are root, and what that account can reach.

PostgreSQL refuses to run as root. Modes of folders that are not ours are never changed: where the account cannot reach
a path, a place under /var/tmp is used instead.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from mandegar_local.children import User
from mandegar_local.failure import StackError

_FALLBACK_ROOT = Path("/var/tmp")  # noqa: S108 -- each directory made in it is checked to be ours


def unprivileged_user() -> User | None:
    """None when we are not root; otherwise the account `nobody`. Raises StackError when the machine has none."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StackError("PostgreSQL does not run as root and this machine has no account `nobody`.") from error
    return User(entry.pw_uid, entry.pw_gid)


def reaches(path: Path, user: User | None) -> bool:
    """Whether the account can pass through every folder down to an existing path, and read and enter it."""
    if user is None:
        return os.access(path, os.R_OK | os.X_OK)
    done = subprocess.run(
        ["/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", path],
        cwd="/",
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        check=False,
    )
    return done.returncode == 0


def fallback_directory(directory: Path) -> Path:
    """The place under /var/tmp that stands in for `directory`: always the same one for the same path."""
    return _FALLBACK_ROOT / f"mandegar-{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]}"


def is_fallback(directory: Path) -> bool:
    """Whether a directory is one of those under /var/tmp."""
    return directory.parent == _FALLBACK_ROOT


def make_own_directory(directory: Path) -> None:
    """Make a directory that is ours and that others may pass through. Raises StackError if a stranger's is there."""
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    status = directory.lstat()
    if status.st_uid != os.geteuid() or directory.is_symlink():
        raise StackError(f"{directory} belongs to somebody else; remove it, then start again.")
    directory.chmod(status.st_mode | 0o711)


def remove_fallback(directory: Path) -> None:
    """Remove what stands in for `directory` under /var/tmp, if anything does and it is ours."""
    place = fallback_directory(directory)
    if place.is_dir() and not place.is_symlink() and place.lstat().st_uid == os.geteuid():
        shutil.rmtree(place)
