"""The memory of processes of the stack, each with its children: PostgreSQL's sessions, a fit of churn."""

from collections.abc import Collection, Mapping

import psutil

from mandegar_local.text_table import indented

_MB = 1_000_000


def memory_of(pids: Mapping[str, int]) -> dict[str, int]:
    """The bytes that each process uses with its children, without those that are named themselves.

    What several processes share is divided among them, where the system tells. One that does not run has none.
    """
    used = {name: _with_children(pid, set(pids.values())) for name, pid in pids.items()}
    return {name: memory for name, memory in used.items() if memory}


def memory_lines(used: Mapping[str, int], width: int) -> list[str]:
    """The memory of each process, and of all together, as a sentence of lines of at most `width`."""
    if not used:
        return []
    each = ", ".join(f"{name} {memory / _MB:.0f}" for name, memory in used.items())
    return indented(f"Memory: {sum(used.values()) / _MB:.0f} MB in all: {each}", width)


def _with_children(pid: int, named: Collection[int]) -> int:
    try:
        process = psutil.Process(pid)
        children = [child.pid for child in process.children() if child.pid not in named]
        return _used(process) + sum(_with_children(child, named) for child in children)
    except psutil.NoSuchProcess:
        return 0


def _used(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    return int(getattr(full, "pss", full.uss))
