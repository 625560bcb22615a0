"""A failpoint of this very process that raises: what a block does when a bug strikes in its middle."""

from collections.abc import Iterator
from contextlib import contextmanager

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
