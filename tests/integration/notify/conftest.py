"""Notify on a real database, for each test alone; afterwards its invariants must hold."""

from collections.abc import AsyncIterator

import pytest

from harness.notify_service import Notify, notify_service


@pytest.fixture
async def notify(make_database) -> AsyncIterator[Notify]:
    async with notify_service(await make_database("notify")) as service:
        yield service
        assert await service.invariant_violations() == []
