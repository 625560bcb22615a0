"""Replays as answers show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import json

from loyalty.comparing.months import months_of
from loyalty.replays.schemas import Progress, Replay
from mandegar.database import Row
from mandegar.months import Calendar


def replay_of(row: Row, customers: Sequence[Row], now: datetime, calendar: Calendar, *, names: bool) -> Replay:
    """A replay as an answer shows it; ``names``: whether with ids of customers."""
    return Replay(
        id=row["replay_id"],
        status=row["status"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        progress=_progress(row, now),
        failure=row["failure"],
        result=None if row["result"] is None else result_of(row["result"], customers, calendar, names=names),
    )


def _progress(row: Row, now: datetime) -> Progress | None:
    if row["status"] != "running" or row["doing"] is None:
        return None
    seconds = (now - row["started_at"]).total_seconds()
    rate = round(row["done"] / seconds, 1) if seconds > 0 else None
    return Progress(doing=row["doing"], done=row["done"], total=row["total"], per_second=rate)


def result_of(stored: str, customers: Sequence[Row], calendar: Calendar, *, names: bool) -> dict[str, Any]:
    """The stored result, with its months, and the customers for whom most would have changed."""
    result: dict[str, Any] = json.decode(stored)
    told = [_customer(row, names=names) for row in customers]
    result["winners"] = [each for each in told if each["difference"] > 0]
    result["losers"] = [each for each in told if each["difference"] < 0]
    result["months"] = months_of(result.pop("days"), calendar)
    return result


def _customer(row: Row, *, names: bool) -> Mapping[str, Any]:
    points = {name: row[name] for name in ("before", "after", "difference")}
    return {"customer_id": row["customer_id"], **points} if names else points
