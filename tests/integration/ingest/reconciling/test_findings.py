"""What a file has and the history does not, what differs, and what the file does not have; each with why it may be."""

from builders.bodies import order_body, refund_body
from harness.reconciling import findings, line_of, reconcile


def order(number: int, **data: object) -> dict[str, object]:
    """The order that ``line_of`` has a line for."""
    return order_body(
        {"order_id": f"o-{number}", "total": f"{number}000", **data},
        id=f"e-{number}",
        time="2026-11-20T10:00:00Z",
        customer={"id": f"c-{number}"},
    )


async def test_an_order_that_never_came_is_missing_and_the_others_match(ingest):
    await ingest.send([order(1), order(3)])
    path, found = await reconcile(ingest, line_of(1), line_of(2), line_of(3))
    counts = found["counts"]

    assert counts["orders"] == {
        **dict.fromkeys(("differs", "accepted", "repeated", "invalid", "extra"), 0), "matched": 2, "missing": 1
    }  # fmt: skip
    assert counts["sums"]["matched"] == {"file": "4000", "ours": "4000"}
    assert counts["sums"]["missing"] == {"file": "2000", "ours": "0"}
    (missing,) = await findings(ingest, path, "missing")
    assert (missing["line"], missing["order_id"], missing["customer_id"], missing["cause"], missing["lacks"]) == (
        *(3, "o-2", "c-2", "never_came", None),
    )
    assert missing["file"]["total"] == "2000"
    assert missing["ours"] is None


async def test_an_order_that_the_file_does_not_have_is_an_extra_within_its_period(ingest):
    early = order(7)
    early["time"] = "2026-11-01T10:00:00Z"
    await ingest.send([order(1), order(2), order(3), early])
    path, found = await reconcile(ingest, line_of(1), line_of(3))
    (extra,) = await findings(ingest, path, "extra")

    assert found["counts"]["orders"]["extra"] == 1
    assert (extra["order_id"], extra["customer_id"], extra["cause"]) == ("o-2", "c-2", "not_in_file")
    assert extra["ours"]["total"] == "2000"
    wider, _ = await reconcile(ingest, line_of(1), line_of(3), **{"from": "2026-10-01T00:00:00Z"})
    assert [each["order_id"] for each in await findings(ingest, wider, "extra")] == ["o-2", "o-7"]


async def test_amounts_that_differ_by_a_unit_are_one_cause_with_one_example(ingest):
    await ingest.send([order(number) for number in range(1, 6)])
    _, found = await reconcile(ingest, *(line_of(number, total=f"{number}00") for number in range(1, 6)))

    assert found["counts"]["causes"][0] == {
        "kind": "differs", "cause": "file_times_10", "orders": 5, "line": 2, "order_id": None,
        "why": "the amounts differ by a unit: ours is the file's times 10",
    }  # fmt: skip
    assert [each["code"] for each in found["counts"]["warnings"]] == ["other_unit"]
    _, found = await reconcile(ingest, *(line_of(number, total=f"{number}00") for number in range(1, 6)), unit="IRT")
    assert found["counts"]["orders"]["matched"] == 5


async def test_a_refund_is_seen_in_either_meaning_of_the_amount(ingest):
    await ingest.send([order(2), refund_body({"order_id": "o-2", "amount": "500"})])
    after = line_of(2, total="1500")
    path, _ = await reconcile(ingest, after)
    _, net = await reconcile(ingest, after, amount_is="net")
    before, _ = await reconcile(ingest, line_of(2), amount_is="net")

    assert [each["cause"] for each in await findings(ingest, path, "differs")] == ["file_after_refunds"]
    assert net["counts"]["orders"]["matched"] == 1
    (differs,) = await findings(ingest, before, "differs")
    assert (differs["cause"], differs["ours"]["total"], differs["ours"]["net"]) == (
        *("file_before_refunds", "2000", "1500"),
    )
