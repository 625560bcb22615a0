"""Errors in logs: class, place, and the text of our own errors alone.

Texts and notes of foreign errors quote rows, addresses and requests, so they are never written.
"""

import errno
from collections.abc import Collection, Iterator
from itertools import islice
from traceback import walk_tb
from types import FrameType, TracebackType

import asyncpg

LIBRARY = frozenset({"mandegar"})
TEXT_MAX = 500
ERRORS_MAX = 20
FRAMES_MAX = 20


def outline(error: BaseException, own: Collection[str] = LIBRARY) -> str:
    """An error in one line; its text only if its class is defined in one of the packages ``own``."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.partition(".")[0] in own:
        return f"{name}: {_text(error)}"
    if isinstance(error, asyncpg.PostgresError):
        return f"{name} {error.sqlstate or ''} {getattr(error, 'constraint_name', None) or ''}".rstrip()
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name} {errno.errorcode.get(error.errno, '')}".rstrip()
    return name


def trace(error: BaseException, own: Collection[str] = LIBRARY) -> str:
    """An error with its causes, the members of groups, and the frames of ``own`` packages, outermost first."""
    lines: list[str] = []
    for cause in islice(_causes(error), ERRORS_MAX):
        lines += [outline(cause, own), *_frames(cause.__traceback__, own)]
    return "\n".join(lines)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, then what caused it or was being handled, and the members of groups; each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        present = waiting.pop()
        if id(present) in seen:
            continue
        seen.add(id(present))
        yield present
        before = present.__cause__ or (None if present.__suppress_context__ else present.__context__)
        waiting += [before] if before is not None else []
        waiting += reversed(present.exceptions) if isinstance(present, BaseExceptionGroup) else []


def _frames(traceback: TracebackType | None, own: Collection[str]) -> list[str]:
    """The frames of ``own`` packages, and the innermost frame whoever it belongs to."""
    frames = list(walk_tb(traceback))
    shown = [(frame, line) for frame, line in frames[:-1] if _module(frame).partition(".")[0] in own] + frames[-1:]
    return [f"  in {frame.f_code.co_qualname} ({_module(frame)}:{line})" for frame, line in shown[-FRAMES_MAX:]]


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))


def _text(error: BaseException) -> str:
    try:
        return str(error)[:TEXT_MAX]
    except Exception:  # noqa: BLE001  an error must not keep another from being logged
        return "?"
