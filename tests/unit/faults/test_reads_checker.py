"""What the checker of reads notices, and what it takes for right."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from faults.checkers.reads import check

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(version: int, kind: str, bucket: str, points: int, at: datetime = NOW, shop: str = "a") -> dict[str, Any]:
    return {
        "shop": shop, "customer_id": "c", "version": version, "kind": kind, "bucket": bucket, "points": points,
        "effective_at": at,
    }  # fmt: skip


LEDGER = [
    entry(1, "earn", "pending", 10),
    entry(2, "activate", "available", 10, NOW + HOUR),
    entry(3, "earn", "pending", 5, NOW + 2 * HOUR),
    entry(1, "earn", "pending", 777, shop="b"),
]


def balance(version: int, *, at: datetime = NOW, shop: str = "a", **points: int) -> dict[str, Any]:
    pools = {"available": 0, "pending": 0, "held": 0, "debt": 0, "lifetime": 0, **points}
    body = {"customer_id": "c", "version": version, "as_of": at.isoformat(), **pools}
    return read(shop=shop, body=body)


def read(**changes: Any) -> dict[str, Any]:
    return {
        "reader": 1, "shop": "a", "customer": "c", "route": "balance", "asked": 0.0, "kind": "answer", "status": 200,
        "retry_after": None, "body": None,
    } | changes  # fmt: skip


def found(*reads: dict[str, Any]) -> list[str]:
    rows = {"entries": LEDGER, "sends": [{"send_id": "m", "shop": "a", "customer_id": "c"}]}
    run: Any = SimpleNamespace(reads=reads, rows=lambda _, table: rows[table])
    return check(run).details


FIRST = balance(1, pending=10, lifetime=10)
MESSAGE = {"customer_id": "c", "messages": [{"message_id": "m"}]}


@pytest.mark.parametrize(
    "reads",
    [
        [FIRST, balance(2, available=10, lifetime=10), balance(3, available=10, pending=5, lifetime=15)],
        [balance(1, pending=777, lifetime=777, shop="b"), FIRST],
        [balance(1, available=10, lifetime=10, at=NOW + HOUR)],  # the hold's end is due, and not written yet
        [read(status=404, body={"code": "unknown_customer"}), FIRST],
        [read(status=503, retry_after="1", body={})],
        [read(kind="refused", status=None), read(kind="cut", status=None), read(kind="left", status=None)],
        [read(route="messages", body=MESSAGE)],
    ],
)
def test_right_answers_are_taken_for_right(reads):
    assert found(*reads) == []


@pytest.mark.parametrize(
    ("reads", "word"),
    [
        ([balance(1, pending=777, lifetime=777)], "the ledger adds up to"),  # the other shop's
        ([balance(1, available=10, lifetime=10)], "the ledger adds up to"),  # before the hold ends
        ([balance(1, available=15, lifetime=15, at=NOW + HOUR)], "the ledger adds up to"),
        ([balance(2, available=10, lifetime=10), FIRST], "version 1 behind 2"),
        ([FIRST, read(status=404, body={})], "unknown again"),
        ([read(status=500, body={"code": "internal"})], "answered 500"),
        ([read(status=503, body={})], "503 without Retry-After"),
        ([read(kind="silent", status=None)], "no answer"),
        ([read(body={**FIRST["body"], "customer_id": "d"})], "answered d"),
        ([read(route="messages", shop="b", body=MESSAGE)], "is not theirs"),
        ([read(route="card", body={"points": {"pending": 3}, "freshness": {"points": {"version": 1}}})], "adds up to"),
    ],
)
def test_a_wrong_answer_is_noticed(reads, word):
    assert any(word in sentence for sentence in found(*reads))
