"""What `mandegar import` says of the balances that loyalty has opened."""

from collections.abc import Sequence

import httpx2

from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.importing.opened import lines_of, opened_lines

OPENED = {"customers": 2, "lots": 3, "points": 1200, "unknown_tiers": [{"tier": "golden", "customers": 4}]}
NO_TIERS = {**OPENED, "unknown_tiers": []}


def test_what_loyalty_opened_is_told_with_tiers_that_the_programme_does_not_have():
    assert lines_of(OPENED, 1200, 0) == [
        "loyalty has opened 1,200 points over all imports of the shop (lots: 3, customers: 2)",
        "  the programme has no tier golden, which was granted (customers: 4)",
    ]


def test_fewer_points_than_the_import_has_are_told():
    assert "a later file took points back, or customers were erased" in lines_of(NO_TIERS, 1300, 0)[1]


async def lines(points: int, numbers: Sequence[int | None], *, seconds: float = 5) -> list[str]:
    """What is told where loyalty is behind by these numbers of records in turn, and has applied all at the last."""
    left = [*numbers]

    async def behind() -> int | None:
        return left.pop(0) if len(left) > 1 else left[0]

    def opened(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=NO_TIERS if len(left) == 1 else {**NO_TIERS, "points": 9_999})

    http = RetryingClient("token", lambda _: None, transport=httpx2.MockTransport(opened))
    try:
        return await opened_lines(http, "http://loyalty", points, behind, seconds=seconds, look_seconds=0.001)
    finally:
        await http.close()


async def test_the_sum_is_told_once_the_import_is_applied_whatever_it_is():
    """After a correction down it was enough before, and after an erasure it never is."""
    for points in (100, 1200, 5000):
        [first, *rest] = await lines(points, [0, 7, 3, 0, 0])
        assert "opened 1,200 points" in first
        assert bool(rest) == (points > 1200)


async def test_what_is_never_applied_is_told_after_some_seconds():
    for number, told in ((9, "(9 records are left)"), (None, "not everything is applied yet, see")):
        [_, second] = await lines(100, [number], seconds=0.01)
        assert "so far" in second
        assert told in second
