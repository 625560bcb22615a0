"""Every row of the table with its target, in the order in which they are measured."""

from collections.abc import Collection, Sequence
from functools import partial

from bench import (
    comparing,
    door,
    every_service,
    freshness,
    giant,
    greedy,
    handler,
    history,
    identity,
    idle,
    lane,
    passthrough,
    programmes,
    reads,
    redeeming,
    relay,
    replay,
)
from bench.figures import Family, Kind, Row
from bench.flatness import RESIDENT_MAX_MB, RISE_MAX_MB
from bench.four_services import PROCESSES

LIMIT = "pass-through limit"
ALONE = {"loyalty": 0.35, "churn": 0.40}
REPLAY = {"loyalty": 0.30, "churn": 0.35}
RELAY = 1.0
DOOR = 0.25
EVERY_SERVICE = 0.09
SINGLE = {32: 0.066, 256: 0.15}
HISTORY = 0.8
FULL_LOAD = 0.9
TIMES_A_HANDLER = 20.0


def _of_limit(name: str, target: float) -> Row:
    return Row(name, kind=Kind.OF_LIMIT, target=target)


def _memory(name: str) -> tuple[Row, Row]:
    return (
        Row(f"{name}: resident at most", "MB", Kind.AT_MOST, RESIDENT_MAX_MB),
        Row(f"{name}: rise in the second half", "MB", Kind.AT_MOST, RISE_MAX_MB),
    )


def _times(name: str) -> tuple[Row, Row]:
    return Row(f"{name}, p50", "ms"), Row(f"{name}, p99", "ms")


def _idle(name: str) -> tuple[Row, ...]:
    of = f"1 M idle customers, {name}:"
    return (
        Row(f"{of} transactions in all", "/min"),
        Row(f"{of} transactions that they add", "/min", Kind.AT_MOST, idle.ADDED_TRANSACTIONS_MAX),
        Row(f"{of} rows of theirs read", "/min", Kind.AT_MOST, idle.ROWS_READ_MAX),
        Row(f"{of} CPU in all", "ms/s"),
        Row(f"{of} CPU that they add", "ms/s", Kind.AT_MOST, idle.ADDED_CPU_MAX),
    )


def _queries(rate: int, *, targets: bool) -> tuple[Row, ...]:
    of = f"balance or score at {rate:,}/s beside {rate:,} events/s"

    def row(what: str, unit: str, most: float) -> Row:
        return Row(f"{of}, {what}", unit, *((Kind.AT_MOST, most) if targets else ()))

    return (
        row("p50", "ms", 2.0),
        row("p99", "ms", 15.0),
        row("answers other than 200", "in all", 0.0),
        Row(f"{of}, CPU in the answering process", "µs"),
    )


def _reads() -> tuple[Row, ...]:
    least = {"balance": 1.0, "club": 0.3, "risk": 1.0, "card": 0.6}
    return (
        Row("/livez as it was, one process", "requests/s"),
        *(
            row
            for name in reads.READS
            for row in (
                Row(f"{name}, one process", "requests/s"),
                Row(f"{name} / that /livez", "x", Kind.AT_LEAST, least[name])
                if name in least
                else Row(f"{name} / that /livez", "x"),
            )
        ),
    )


def _history(name: str) -> tuple[Row, ...]:
    return (
        Row(f"{name} alone, one process, {history.FEW} orders a customer before"),
        Row(f"{name} alone, one process, {history.MANY} orders a customer before"),
        Row(f"{name}: with {history.MANY} orders before / with {history.FEW}", "x", Kind.AT_LEAST, HISTORY),
        Row(f"{name}, {history.CUSTOMERS_WITH_VERY_MANY} customers, {history.FEW} orders each before"),
        Row(f"{name}, {history.CUSTOMERS_WITH_VERY_MANY} customers, {history.VERY_MANY:,} orders each before"),
        Row(f"{name}: with {history.VERY_MANY:,} orders before / with {history.FEW}", "x", Kind.AT_LEAST, HISTORY),
    )


def _giant(name: str) -> tuple[Row, ...]:
    return tuple(
        row
        for variant in ("one customer of 100,000 orders", "the same, one of 500 late")
        for row in (
            Row(f"{name}, {variant}: a neighbour's order", "s", Kind.AT_MOST, giant.NEIGHBOUR_SECONDS_MAX),
            Row(f"{name}, {variant}: 500 more of its own", "s", Kind.AT_MOST, giant.MORE_SECONDS_MAX),
        )
    )


def _identity(name: str) -> tuple[Row, ...]:
    return (
        Row(f"{name}, one process, if nobody could be an alias or erased"),
        Row(f"{name}, one process, as it is, though nobody is one"),
        Row(f"{name}: CPU of an event of the former / of the latter", "x", Kind.AT_LEAST, identity.ASKING_LEAST),
    )


FAMILIES: tuple[Family, ...] = (
    Family("limit", (Row(LIMIT),), passthrough.measure),
    Family("loyalty", (_of_limit("loyalty alone", ALONE["loyalty"]),), partial(replay.measure_alone, "loyalty")),
    Family("loyalty-lane", (Row("loyalty alone, one process"),), partial(lane.measure, "loyalty")),
    Family(
        "programmes",
        (
            Row("loyalty, one process, simple programme"),
            _of_limit("loyalty, one process, Persian club", programmes.CLUB_OF_LIMIT),
            Row("Persian club / simple programme", "x", Kind.AT_LEAST, programmes.CLUB_OF_SIMPLE),
        ),
        programmes.measure,
    ),
    Family("churn", (_of_limit("churn alone", ALONE["churn"]),), partial(replay.measure_alone, "churn")),
    Family("churn-lane", (Row("churn alone, one process"),), partial(lane.measure, "churn")),
    Family(
        "loyalty-history", (Row("loyalty alone, one process, history"),), partial(lane.measure, "loyalty", history=True)
    ),
    Family("churn-history", (Row("churn alone, one process, history"),), partial(lane.measure, "churn", history=True)),
    *(Family("identity", _identity(name), partial(identity.measure, name)) for name in ("loyalty", "churn", "notify")),
    Family("relay", (_of_limit("relay alone", RELAY),), relay.measure),
    Family("door", (_of_limit("door, batches of 100", DOOR), Row("door, batches of 100, one process")), door.measure),
    Family("four", (_of_limit("all four, door to balance and score", EVERY_SERVICE),), every_service.measure),
    Family(
        "handler",
        (
            Row("FastStream + SQLAlchemy, a handler per event"),
            Row("the same, 16 workers"),
            Row("the same, batches of 2,000 in one transaction"),
            Row("loyalty, times the handler per event", "x", Kind.AT_LEAST, TIMES_A_HANDLER),
            Row("churn, times the handler per event", "x", Kind.AT_LEAST, TIMES_A_HANDLER),
        ),
        handler.measure,
        needs=("loyalty", "churn"),
    ),
    *(
        Family(
            f"{name}-replay",
            (_of_limit(f"replay of 1 M events into {name}", REPLAY[name]), *_memory(f"replay into {name}")),
            partial(replay.measure, name),
        )
        for name in ("loyalty", "churn")
    ),
    Family(
        "whatif",
        (
            Row("another programme over 1 M recorded events", "s", Kind.AT_MOST, comparing.SECONDS_MAX),
            Row("the same: resident at most", "MB", Kind.AT_MOST, comparing.RESIDENT_MAX_MB),
        ),
        comparing.measure,
    ),
    *(Family("history", _history(name), partial(history.measure, name)) for name in ("loyalty", "churn")),
    *(Family("giant", _giant(name), partial(giant.measure, name)) for name in ("loyalty", "churn", "notify")),
    Family("idle", tuple(row for name in idle.SERVICES for row in _idle(name)), idle.measure),
    Family(
        "single",
        tuple(
            row
            for connections in door.REQUESTS
            for name in (f"door, one event a request, {connections} connections",)
            for row in (_of_limit(name, SINGLE[connections]), *_times(name))
        ),
        door.measure_single,
    ),
    Family(
        "greedy",
        (
            Row("another shop at the door, quiet, p99", "ms"),
            *_times("another shop at the door, beside one at ten times the machine"),
            Row("its answers other than 2xx", "%", Kind.AT_MOST, 0.0),
            Row("its freshness, worst", "s", Kind.AT_MOST, greedy.FRESH_SECONDS_MAX),
        ),
        greedy.measure,
    ),
    Family("freshness", _times("door's answer to balance and score, 500 events/s"), freshness.measure_freshness),
    Family("queries", _queries(500, targets=True), partial(freshness.measure_queries, rate=500)),
    Family("queries", _queries(1_000, targets=False), partial(freshness.measure_queries, rate=1_000)),
    Family("reads", _reads(), reads.measure),
    Family(
        "redeem",
        (
            Row("100 clients reserve points of one purse, p50", "ms"),
            Row("the same, p99", "ms", Kind.AT_MOST, redeeming.P99_MAX_MS),
            Row("the same, wrong answers", "in all", Kind.AT_MOST, 0.0),
            Row("32 clients reserve points of 1,000 purses", "redemptions/s"),
        ),
        redeeming.measure,
    ),
    Family(
        "memory",
        (
            Row("full load, first minute"),
            Row("full load, tenth minute"),
            Row("full load, tenth minute / first", "x", Kind.AT_LEAST, FULL_LOAD),
            Row("full load, all eight processes at most", "MB"),
            *(row for name in PROCESSES for row in _memory(f"full load, {name}")),
        ),
        every_service.measure_full_load,
    ),
)


def chosen(words: Collection[str]) -> Sequence[Family]:
    """The families of ``words`` with what they need, the limit always; all of them when there are no words."""
    known = {family.word: family for family in FAMILIES}
    if unknown := set(words) - set(known):
        raise SystemExit(f"No such rows: {', '.join(sorted(unknown))}. There are: {', '.join(known)}")
    wanted = {"limit", *words} | {need for word in words for need in known[word].needs}
    return [family for family in FAMILIES if not words or family.word in wanted]
