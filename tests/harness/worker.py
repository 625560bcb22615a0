"""Which of a run's workers this process is, so that names and ports are its own on servers that all of them use."""

import os

# Set by pytest-xdist: ``gw0``, ``gw1``, …; a run in one process has no workers.
_NAME = os.environ.get("PYTEST_XDIST_WORKER", "")
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def own(name: str) -> str:
    """``name`` as no other worker says it; in a run without workers it stays as it is."""
    return f"{_NAME}{name}"


def own_share(numbers: range) -> range:
    """The part of ``numbers`` that no other worker takes from."""
    size = len(numbers) // _WORKERS
    place = int(_NAME.removeprefix("gw") or 0) % _WORKERS
    return numbers[place * size : (place + 1) * size]
