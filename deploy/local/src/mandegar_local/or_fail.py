"""Runs the work of a command; an expected error is one sentence and exit code 1."""

import sys
from collections.abc import Callable

from mandegar_local.screen import fail
from mandegar_local.stack_error import StackError


def or_fail(work: Callable[[], None]) -> None:
    """Run `work`; print a StackError on stderr and exit with code 1."""
    try:
        work()
    except StackError as error:
        fail(str(error))
        sys.exit(1)
