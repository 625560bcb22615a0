"""What an archive of a shop must be, before anything of it is written anywhere."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mandegar.events.topics import COMPACTED, INGEST_CONTACTS, INGEST_EVENTS, MESSAGE_BYTES_MAX, partition_of
from mandegar.moving.archive import LINE_BYTES_MAX, Archive, ArchiveWriter, BadArchive, Manifest, records_member
from mandegar.moving.records import Record, is_of
from mandegar.moving.states import State
from mandegar_local.moving.move_in import differences

AT = datetime(2026, 11, 29, tzinfo=UTC)
EVENT_ID = "6f1c2f5e-6d1b-5c39-9a35-6b0c7a3d9e10"
ENCODE = msgspec.json.encode


def event(shop: str = "atlas", customer: str | None = "c-1", **more: Any) -> str:
    told = {"id": EVENT_ID, "shop": shop, "recordedtime": AT, "customerid": customer, **more}
    return ENCODE({name: value for name, value in told.items() if value is not None}).decode()


def record(key: str = "atlas:c-1", value: str | None = None, timestamp: int = 1) -> Record:
    shop, _, customer = key.partition(":")
    return Record(key, value or event(shop, customer or None), timestamp, [("content-type", b"json")])


def place(key: str) -> str:
    return records_member(INGEST_EVENTS, partition_of(key.encode(), 12))


def write(path: Path, members: dict[str, list[bytes]], **manifest: Any) -> Path:
    with path.open("wb") as file:
        archive = ArchiveWriter(file)
        for name, lines in members.items():
            with archive.member(name) as member:
                for line in lines:
                    member.write(line)
        told = {
            "format": 1, "shop": "atlas", "taken_at": AT, "partitions": 12, "identity": "", "ends": {},
            "migrations": {}, "customers": 1, "members": archive.members, **manifest,
        }  # fmt: skip
        archive.close(Manifest(**told))
    return path


def good(path: Path) -> Path:
    tombstone = Record("atlas:c-1", None, 1, [])
    contacts = records_member(INGEST_CONTACTS, partition_of(b"atlas:c-1", 12))
    return write(
        path,
        {
            place("atlas:c-1"): [ENCODE(record()), ENCODE(record())],
            records_member(INGEST_EVENTS, 0): [ENCODE(record("atlas"))],
            contacts: [ENCODE(tombstone)],
            "rows/loyalty/customers.jsonl": [b'{"shop": "atlas", "customer_id": "c-1"}'],
            "states/loyalty.jsonl": [ENCODE(State("c-1", "00"))],
        },
    )


def refused(path: Path) -> str:
    with pytest.raises(BadArchive) as raised, Archive(path) as archive:
        archive.check()
    return str(raised.value)


def test_what_was_written_is_read_in_its_order(tmp_path):
    with Archive(good(tmp_path / "a.zip")) as archive:
        archive.check()
        number = partition_of(b"atlas:c-1", 12)
        assert list(archive.records(INGEST_EVENTS, number)) == [record(), record()]
        assert [each.value for each in archive.records(INGEST_CONTACTS, number)] == [None]
        assert list(archive.records(INGEST_EVENTS, 7)) == []
        assert archive.tables("loyalty") == ["customers"]
        assert archive.tables("loyal") == []


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_archive_is_refused(tmp_path, share):
    path = good(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert "not a whole archive" in refused(path)


def test_no_changed_byte_changes_what_is_moved(tmp_path):
    path = good(tmp_path / "a.zip")
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        end = archive.getinfo("manifest.json").header_offset
    places, refusals = range(60, end, 7), 0
    for place_of_change in places:
        changed = bytearray(whole)
        changed[place_of_change] ^= 0x20
        path.write_bytes(changed)
        try:
            with Archive(path) as archive:
                archive.check()
                # A byte of a header that says nothing of the content, such as its time.
                assert [*archive.records(INGEST_EVENTS, partition_of(b"atlas:c-1", 12))] == [record(), record()]
        except BadArchive:
            refusals += 1
    assert refusals > len(places) / 2


def test_a_member_that_was_written_anew_is_refused(tmp_path):
    good(tmp_path / "a.zip")
    with (
        zipfile.ZipFile(tmp_path / "a.zip") as source,
        zipfile.ZipFile(tmp_path / "b.zip", "w") as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b'"c-1"', b'"c-2"') if "rows/" in name else content)
    assert "rows/loyalty/customers.jsonl was changed" in refused(tmp_path / "b.zip")


def test_a_member_that_the_manifest_does_not_list_is_refused(tmp_path):
    path = good(tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("rows/loyalty/entries.jsonl", b'{"shop": "atlas"}\n')
    assert "does not have the members" in refused(path)


def test_another_format_is_named_before_anything_else_of_the_manifest_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("manifest.json", b'{"format": 2, "of_the_future": true}')
    assert "has the format 2; this release reads the format 1 alone" in refused(tmp_path / "a.zip")


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"format": 1}', b"\xff"])
def test_a_zip_that_is_no_archive_of_a_shop_is_refused(tmp_path, content):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        if content is not None:
            archive.writestr("manifest.json", content)
    assert "manifest" in refused(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("name", "line", "why"),
    [
        (place("borea:c-1"), ENCODE(record("borea:c-1")), "not of the shop atlas"),
        (place("atlasx:c-1"), ENCODE(record("atlasx:c-1")), "not of the shop atlas"),
        (place("atlas:c-1"), ENCODE(record(value=event("borea"))), "somebody else than its key"),
        (place("atlas:c-1"), ENCODE(record(value=event("atlas", "c-2"))), "somebody else than its key"),
        (place("atlas:c-1"), ENCODE(Record("atlas:c-1", None, 1, [])), "without a value"),
        (place("atlas:c-2"), ENCODE(record()), "belongs into another partition"),
        (records_member(INGEST_EVENTS, 12), ENCODE(record("atlas")), "belongs into another partition"),
        (records_member("raw.src-1", 0), ENCODE(record("atlas")), "not a topic"),
        (place("atlas:c-1"), ENCODE(record(timestamp=-1)), "no broker"),
        (place("atlas:c-1"), ENCODE(record(value=event(data="x" * MESSAGE_BYTES_MAX))), "no broker"),
        (place("atlas:c-1"), b"nonsense", "is refused"),
        (place("atlas:c-1"), ENCODE(record(value="nonsense")), "is refused"),
        ("rows/loyalty/customers.jsonl", b'{"shop": "borea"}', "not of the shop atlas"),
        ("rows/loyalty/customers.jsonl", b'{"customer_id": "c-1"}', "is refused"),
        ("states/loyalty.jsonl", b'{"customer": 7}', "is refused"),
        ("topics/ingest.events.jsonl", ENCODE(record()), "is refused"),
        ("topics/ingest.events/0.jsonl", ENCODE(record("atlas")), "not where it belongs"),
        ("topics/ingest.events/-001.jsonl", ENCODE(record("atlas")), "belong"),
        ("letters/loyalty.jsonl", b'{"shop": "atlas"}', "not where it belongs"),
    ],
)
def test_what_is_not_the_shops_or_could_not_have_been_written_by_us_is_refused(tmp_path, name, line, why):
    said = refused(write(tmp_path / "a.zip", {name: [line]}))
    assert why in said
    assert f"line 1 of {name}" in said


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path):
    path = write(tmp_path / "a.zip", {"rows/loyalty/customers.jsonl": [b" " * (LINE_BYTES_MAX + 1)]})
    assert "has a line of more than" in refused(path)


@pytest.mark.parametrize("partitions", [0, -12])
def test_topics_without_partitions_are_refused(tmp_path, partitions):
    path = write(tmp_path / "a.zip", {place("atlas:c-1"): [ENCODE(record())]}, partitions=partitions)
    assert "the manifest is not one of the format 1" in refused(path)


def test_the_same_content_alone_has_the_same_id(tmp_path):
    with Archive(good(tmp_path / "a.zip")) as one, Archive(good(tmp_path / "b.zip")) as other:
        assert one.manifest.archive_id == other.manifest.archive_id
    with Archive(write(tmp_path / "c.zip", {})) as third:
        assert third.manifest.archive_id != one.manifest.archive_id


def test_a_key_is_of_the_shop_that_it_names():
    assert is_of(b"atlas", "atlas")
    assert is_of(b"atlas:c-1", "atlas")
    assert not is_of(b"atlas2:c-1", "atlas")
    assert not is_of(b"atlas2", "atlas")
    assert not is_of(None, "atlas")
    assert INGEST_CONTACTS in COMPACTED


def test_customers_of_either_side_and_those_who_differ_are_named():
    wanted = [State("a", "1"), State("b", "1"), State("c", "1"), State("é", "1")]
    found = [State("B", "1"), State("a", "1"), State("b", "2"), State("é", "1"), State("ü", "1")]
    assert list(differences(iter(wanted), iter(found))) == ["B", "b", "c", "ü"]
