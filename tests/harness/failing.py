"""A failpoint of this very process that raises: what a block does when a bug strikes in its middle."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import pytest

from mandegar import failpoints
from mandegar.failpoints import Failpoint, FailpointRaised


@contextmanager
def failing_at(place: Failpoint, *, nth: int = 1) -> Iterator[None]:
    """The block passes ``place`` for the ``nth`` time, and ends with the error of that."""
    failpoints.arm(f"{place}:raise:{nth}")
    try:
        with pytest.raises(FailpointRaised):
            yield
    finally:
        failpoints.arm("")


@dataclass
class Attempt:
    """A block that may have been struck; ``failed`` once it was, and ended with the error of that."""

    failed: bool = False


@contextmanager
def may_fail_at(place: Failpoint | None, error: type[Exception] = FailpointRaised) -> Iterator[Attempt]:
    """The first pass of ``place``, if the block comes there, raises ``error``; a bug's error ends the block."""
    attempt = Attempt()
    failpoints.arm("" if place is None else f"{place}:raise")
    try:
        with patch.object(failpoints, "FailpointRaised", error):
            yield attempt
    except FailpointRaised:
        attempt.failed = True
    finally:
        failpoints.arm("")
