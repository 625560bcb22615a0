"""The CDNOW sample for tests of the mathematics."""

import pytest

from churn.domain.orders import Orders
from harness.cdnow import Cdnow, fold


@pytest.fixture(scope="session")
def cdnow() -> Cdnow:
    return Cdnow()


@pytest.fixture
def streamed(cdnow: Cdnow, request: pytest.FixtureRequest) -> dict[str, Orders]:
    """Each customer's orders after the log came in a random order, named by the test's parameter."""
    return fold(cdnow.stream(request.param))
