"""Loyalty's lanes on one backlog under a simple programme and under the Persian club of the documentation."""

from pathlib import Path

from bench import load
from bench.cpu import PerEvent
from bench.figures import Measured
from bench.lane import drain
from bench.load import NOW, PARTITIONS, SHOP
from bench.stage import Stage
from loyalty.main import SERVICE
from loyalty.programme.document import PROGRAMMES, default_document
from mandegar.database import transaction
from mandegar.documents.rows import BEGINNING, Version, insert_version

EVENTS = 100_000
# Taken in turn, so that neither has the warmer machine.
ROUNDS = 2
CLUB_OF_SIMPLE = 0.8
CLUB_OF_LIMIT = 0.25
_CLUB = Path(__file__).parents[2] / "docs" / "programmes" / "persian-club.yaml"


async def measure(stage: Stage) -> list[Measured]:
    """Events a second of one process under either programme, and the club's as a share of the simple one's."""
    prefix, events = await stage.topics("programmes."), stage.count(EVENTS)
    await load.produce(stage.kafka, f"{prefix}ingest.events", load.mix(events))
    documents = {"simple": default_document("IRR"), "club": _CLUB.read_text(encoding="utf-8")}
    total, seconds, costs = events + PARTITIONS, dict.fromkeys(documents, 0.0), dict[str, PerEvent]()
    for _ in range(ROUNDS):
        for name, document in documents.items():
            async with stage.database("loyalty") as database:
                async with transaction(database.worker) as connection:
                    await insert_version(connection, PROGRAMMES, Version(SHOP, "", 1, BEGINNING, document, NOW))
                meter = stage.meter()
                seconds[name] += await drain(stage.kafka, prefix, database, SERVICE.subscriptions["loyalty"], total)
                costs[name] = meter.per_event(total)
    simple, club = (Measured(ROUNDS * total / seconds[name], costs[name]) for name in documents)
    return [simple, club, Measured(club.value / simple.value)]
