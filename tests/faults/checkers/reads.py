"""I13, reads: an answer is that of its shop, its customer and its version, never older than the one before it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.tables import Row
from faults.recompute.balances import POOLS, pools

Read: TypeAlias = Mapping[str, Any]
Customer: TypeAlias = tuple[str, str]

UNKNOWN = 404
COME_AGAIN = 503
STATUSES = frozenset({200, UNKNOWN, COME_AGAIN})


def check(run: Run) -> Finding:
    came_to = Counter(str(read["status"] or read["kind"]) for read in run.reads)
    said = ", ".join(f"{count:,} times {what}" for what, count in sorted(came_to.items()))
    answers = [read for read in run.reads if read["status"] == 200]
    broken = [
        *_wrong_status(run.reads),
        *_silent(run.reads),
        *_of_somebody_else(answers),
        *_older_than_before(run.reads),
        *_other_balances(run, answers),
        *_messages_of_others(run, answers),
    ]
    return finding("I13 reads", f"read {said}" if said else "read nothing", broken)


def _wrong_status(reads: Sequence[Read]) -> Iterator[str]:
    """Nothing but an answer, "unknown", or a 503 that says when to come again."""
    for read in reads:
        if read["kind"] == "answer" and read["status"] not in STATUSES:
            yield f"{_named(read)}: answered {read['status']} {(read['body'] or {}).get('code')}"
        if read["status"] == COME_AGAIN and not str(read["retry_after"] or "").isdecimal():
            yield f"{_named(read)}: 503 without Retry-After"


def _silent(reads: Sequence[Read]) -> Iterator[str]:
    yield from (f"{_named(read)}: no answer from {read['asked']:.1f} on" for read in reads if read["kind"] == "silent")


def _of_somebody_else(answers: Sequence[Read]) -> Iterator[str]:
    for read in answers:
        if read["body"].get("customer_id", read["customer"]) != read["customer"]:
            yield f"{_named(read)}: answered {read['body']['customer_id']}"


def _older_than_before(reads: Sequence[Read]) -> Iterator[str]:
    """One reader, who asks again only after an answer, never sees a lower version, or a known customer unknown."""
    seen: dict[tuple[Any, ...], int] = {}
    for read in reads:
        key = (read["reader"], read["shop"], read["customer"], read["route"])
        if read["status"] == UNKNOWN and key in seen:
            yield f"{_named(read)}: unknown again"
        elif read["status"] == 200:
            version = _version(read)
            if version < seen.get(key, 0):
                yield f"{_named(read)}: version {version} behind {seen[key]}"
            seen[key] = max(version, seen.get(key, 0))


def _version(read: Read) -> int:
    match read["route"]:
        case "balance":
            return int(read["body"]["version"])
        case "card":
            return int(read["body"]["freshness"]["points"]["version"] or 0)
    return 0


def _other_balances(run: Run, answers: Sequence[Read]) -> Iterator[str]:
    """A balance or a card's points are what the ledger of that shop's customer adds up to at the version."""
    ledgers: dict[Customer, list[Row]] = defaultdict(list)
    for entry in run.rows("loyalty", "entries"):
        ledgers[entry["shop"], entry["customer_id"]].append(entry)
    for read in answers:
        points = _points(read)
        if points is None:
            continue
        ledger = ledgers[read["shop"], read["customer"]]
        due = pools(entry for entry in ledger if entry["version"] <= _version(read))
        ends = read["route"] == "balance" and _holds_end(ledger, _version(read), read["body"]["as_of"])
        if points != due and not (ends and _moved_by_time(points, due)):
            yield f"{_named(read)}: version {_version(read)} has {points}; the ledger adds up to {due}"


def _points(read: Read) -> dict[str, int] | None:
    said = read["body"] if read["route"] == "balance" else read["body"].get("points")
    if read["route"] not in {"balance", "card"} or said is None:
        return None
    return {pool: int(said.get(pool, 0)) for pool in POOLS}


def _holds_end(ledger: Sequence[Row], version: int, as_of: str) -> bool:
    """Whether time moved points by then that were not written yet."""
    at = datetime.fromisoformat(as_of)
    return any(entry["version"] > version and entry["effective_at"] <= at for entry in ledger)


def _moved_by_time(points: Mapping[str, int], due: Mapping[str, int]) -> bool:
    """Time alone gives nothing and takes nothing back: what was pending is available, or has paid a debt."""
    owned = points["available"] + points["pending"] - points["debt"]
    owned_before = due["available"] + due["pending"] - due["debt"]
    return (points["lifetime"], owned) == (due["lifetime"], owned_before) and points["pending"] < due["pending"]


def _messages_of_others(run: Run, answers: Sequence[Read]) -> Iterator[str]:
    owners = {str(row["send_id"]): (row["shop"], row["customer_id"]) for row in run.rows("notify", "sends")}
    for read in answers:
        if read["route"] == "messages":
            for message in read["body"]["messages"]:
                if owners.get(message["message_id"]) != (read["shop"], read["customer"]):
                    yield f"{_named(read)}: message {message['message_id']} is not theirs"


def _named(read: Read) -> str:
    return f"{read['shop']}:{read['customer']} {read['route']}"
