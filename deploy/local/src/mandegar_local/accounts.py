"""The unprivileged account of PostgreSQL when the stack runs as root, and the directories that it can read.

PostgreSQL refuses to run as root. Modes of directories that others own are not changed: if the account cannot enter a
path, a directory under /var/tmp replaces it.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from mandegar_local.children import User
from mandegar_local.stack_error import StackError

_FALLBACK_ROOT = Path("/var/tmp")  # noqa: S108 -- the owner of each directory in it is checked


def unprivileged_user() -> User | None:
    """The account `nobody` if this process runs as root, otherwise None. Raises StackError if there is no `nobody`."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StackError(
            "PostgreSQL refuses to run as root, and this machine has no account `nobody` to run it; run the stack as "
            "an ordinary user."
        ) from error
    return User(entry.pw_uid, entry.pw_gid)


def reaches(path: Path, user: User | None) -> bool:
    """Whether the account can read and enter a path, and enter all directories above it."""
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
    """The directory under /var/tmp that replaces `directory`, with a name derived from its path."""
    return _FALLBACK_ROOT / f"mandegar-{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]}"


def is_fallback(directory: Path) -> bool:
    """Whether a directory is one that `fallback_directory` returns."""
    return directory.parent == _FALLBACK_ROOT


def make_own_directory(directory: Path) -> None:
    """Create a directory of this account that others may enter. Raises StackError if another account owns it."""
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    status = directory.lstat()
    if status.st_uid != os.geteuid() or directory.is_symlink():
        raise StackError(f"{directory} belongs to another account; remove it, then start again.")
    directory.chmod(status.st_mode | 0o711)


def remove_fallback(directory: Path) -> None:
    """Remove the directory under /var/tmp that replaces `directory`, if it exists and belongs to this account."""
    place = fallback_directory(directory)
    if place.is_dir() and not place.is_symlink() and place.lstat().st_uid == os.geteuid():
        shutil.rmtree(place)
