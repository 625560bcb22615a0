"""What a run left behind, read once: journals, topics, tables. The checkers are pure functions of it."""

from faults.observed.journal import Journal, Request, Result, Told, read_journal
from faults.observed.run import Run, observe

__all__ = ["Journal", "Request", "Result", "Run", "Told", "observe", "read_journal"]
