"""Kafka's jars: downloaded once from Maven Central and checked against the committed sha256 of each.

The resolver only warns of a missing or wrong checksum, so no file is used before it was checked here.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from mandegar_local.cache import cache_directory, locked
from mandegar_local.certificates import NoSuchBundle, for_requests, trusted_bundle
from mandegar_local.download_failures import why
from mandegar_local.maven_mirror import VARIABLE, maven_mirror
from mandegar_local.stack_error import StackError

KAFKA_VERSION = "4.3.1"
# slf4j-simple writes the broker's log; its version is that of Kafka's slf4j-api.
_ARTIFACTS = (("org.apache.kafka", "kafka_2.13", KAFKA_VERSION), ("org.slf4j", "slf4j-simple", "1.7.36"))
_ATTEMPTS = 3
_HTTP_TIMEOUT_SECONDS = 30


def pinned_sums() -> dict[str, str]:
    """The committed sha256 of each file, by name."""
    text = files("mandegar_local").joinpath(f"kafka-{KAFKA_VERSION}.sha256").read_text()
    return {name: digest for digest, name in (line.split() for line in text.splitlines())}


def wrong_files(directory: Path, sums: dict[str, str]) -> list[str]:
    """The names of files that are missing, not in `sums`, or of another content."""
    present = {path.name: path for path in directory.glob("*.jar")}
    foreign = present.keys() - sums.keys()
    return sorted([*foreign, *(name for name, digest in sums.items() if _sha256(present.get(name)) != digest)])


def kafka_jars(log: Callable[[str], None]) -> list[Path]:
    """The checked jars of Kafka in the cache, downloaded if they are missing.

    Raises StackError if the download fails or a file does not have its committed sha256.
    """
    sums = pinned_sums()
    directory = cache_directory() / "jars" / f"kafka-{KAFKA_VERSION}"
    with locked(directory.with_suffix(".lock")):
        if wrong_files(directory, sums):
            _fill(directory, sums, log)
    return sorted(directory.glob("*.jar"))


def _fill(directory: Path, sums: dict[str, str], log: Callable[[str], None]) -> None:
    log(f"Kafka {KAFKA_VERSION}: downloading {len(sums)} jars (44 MB, once per user)")
    for cut_short in directory.parent.glob("incoming-*"):
        shutil.rmtree(cut_short)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix="incoming-") as incoming:
        ready = Path(incoming) / "ready"
        ready.mkdir()
        for path in _download(Path(incoming) / "repository", log):
            shutil.copyfile(path, ready / path.name)
        wrong = wrong_files(ready, sums)
        if wrong:
            raise StackError(
                f"The downloaded jars of Kafka do not have their committed sha256 ({', '.join(wrong[:3])}"
                f"{' …' if len(wrong) > 3 else ''}); none was installed. Run this again; if the error stays, check "
                "the proxy or mirror between this machine and Maven Central."
            )
        shutil.rmtree(directory, ignore_errors=True)
        ready.rename(directory)
    log(f"Kafka {KAFKA_VERSION}: {len(sums)} jars checked against their sha256")


def _download(repository: Path, log: Callable[[str], None]) -> Iterable[Path]:
    try:
        bundle = trusted_bundle(os.environ)
    except NoSuchBundle as error:
        raise StackError(str(error)) from error
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with _trusting(bundle):
                return _resolve(repository, log)
        except (RuntimeError, OSError, AssertionError) as error:  # requests' errors are OSErrors
            shutil.rmtree(repository, ignore_errors=True)  # it may contain an incomplete file
            if attempt == _ATTEMPTS:
                what = "Kafka's jars could not be downloaded from Maven Central"
                text = f"{error} {error.__cause__ or ''}"
                raise StackError(why(text, what, bundle=bundle, index=VARIABLE) or f"{what}: {error}") from error
            log(f"Kafka {KAFKA_VERSION}: download failed, trying again ({type(error).__name__})")
    raise AssertionError("unreachable")


@contextmanager
def _trusting(bundle: str) -> Iterator[None]:
    """Make the resolver's client, which only the environment reaches, trust the bundle during the block."""
    added = for_requests(bundle, os.environ)
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _resolve(repository: Path, log: Callable[[str], None]) -> list[Path]:
    from jgo.maven import (
        Artifact,
        MavenContext,
        PythonResolver,
    )  # imported here, because it is slow and needed once per user
    from jgo.parse import Coordinate

    mirror = maven_mirror()
    context = MavenContext(
        resolver=PythonResolver(),
        repo_cache=repository,
        timeout=_HTTP_TIMEOUT_SECONDS,
        remote_repos={"central": mirror} if mirror else None,
    )
    inputs, transitive = context.resolver.resolve(
        [context.create_dependency(Coordinate(*artifact, scope="compile")) for artifact in _ARTIFACTS]
    )
    runtime = [d for d in transitive if d.scope in ("compile", "runtime")]
    artifacts: dict[str, Artifact] = {str(d.artifact.filename): d.artifact for d in (*inputs, *runtime)}
    with ThreadPoolExecutor(max_workers=4) as pool:
        paths: list[Path] = []
        for path in pool.map(Artifact.resolve, artifacts.values()):
            paths.append(path)
            if len(paths) % 10 == 0 or len(paths) == len(artifacts):
                log(f"Kafka {KAFKA_VERSION}: {len(paths)} of {len(artifacts)} jars")
    return paths


def _sha256(path: Path | None) -> str | None:
    if path is None:
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
