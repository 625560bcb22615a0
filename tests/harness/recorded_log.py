"""What is recorded of a shop, read from records in memory as from a topic."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiokafka import ConsumerRecord

from builders.events import SHOP
from loyalty.recorded.accounts import RecordedShop
from loyalty.recorded.read import ActsOf, Reading
from loyalty.recorded.spill import Spill
from mandegar.events import Event, encode
from mandegar.rebuild.persons import Persons


@contextmanager
def recorded(
    logs: Mapping[int, Sequence[Event]], *, shop: str = SHOP, acts: ActsOf | None = None
) -> Iterator[RecordedShop]:
    """The shop as the records of some partitions tell of it; each partition is read to its end before the next."""
    with TemporaryDirectory() as directory:
        persons, spill = Persons(), Spill(Path(directory, "read"), sum(map(len, logs.values())))
        reading = Reading(shop, spill, persons, acts)
        for events in logs.values():
            reading.take([record(event) for event in events])
        yield RecordedShop(shop, persons, spill, Spill(Path(directory, "given"), 0), events=reading.events)


def record(event: Event, offset: int = 0) -> ConsumerRecord:
    key, value = event.partition_key, encode(event)
    return ConsumerRecord(
        topic="ingest.events", partition=0, offset=offset, timestamp=0, timestamp_type=0, key=key, value=value,
        checksum=None, serialized_key_size=len(key), serialized_value_size=len(value), headers=(),
    )  # fmt: skip
