"""What says who somebody is stays in the history and on the topic of contacts, whichever door and field it comes by.

Every field of every type of event is filled with every planted text, by every door, and every byte is looked at that is
published on topics that last. A new door, or a field of a form, is filled without a change here.
"""

import json
from dataclasses import fields
from itertools import count, pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote

import pytest

import ingest.doors as ingest_doors
from harness.ingest_service import SETTINGS, SHOP, Ingest, ingest_service
from ingest.domain.forms import FORMS, ConsentForm, CustomerForm
from ingest.doors.catalogue.examples import EXAMPLES, as_cloud_event
from mandegar.database import transaction
from mandegar.events.topics import INGEST_CONTACTS, INGEST_EVENTS, raw_topic
from mandegar.outbox.rows import write_outbox
from mandegar.stream import Record
from mandegar_local.find.scanning import Scan
from mandegar_local.find.spellings import spellings

MAIL, PHONE, NAME = "sara.planted@canary.example", "09121234567", "سارا احمدی"
PLANTED = [
    MAIL, "Sara.Planted@Canary.Example ", "sara＠canary.example", "canary4@localhost", f"Sara <{MAIL}>", f"to {MAIL}",
    PHONE, "+98 912 123 4567", "989121234567", "9121234567", "۰۹۱۲۱۲۳۴۵۶۷", "٠٩١٢١٢٣٤٥٦٧", "0912-123-4567",
    "0912_123_4567", "(0912) 123 4567", "0098-912-1234567", "02188770003", f"tel{PHONE}", f"u-{PHONE}", f"call {PHONE}",
    NAME, "سارا", "Sara Ahmadi", "O'Hara", "0012345679", "۰۰۱۲۳۴۵۶۷۹",
    "6037991812345678", "6037-9918-1234-5678", "۶۰۳۷۹۹۱۸۱۲۳۴۵۶۷۸", "IR062960000000100324200001",
    "IR06 2960 0000 0010 0324 2000 01", "please ring at the blue door", "خیابان آزادی، پلاک ۱۲",
    f"https://shop.example/t?email={MAIL.replace('@', '%40')}&u=1",
]  # fmt: skip
NUMBERS = [9121234567, 6037991812345678]
EVERY = [*PLANTED, *NUMBERS]
# Amounts, versions and scores are numbers whatever their digits are; times are checked to be times.
NO_TEXT = {"total", "amount", "value", "unit_price", "quantity", "rating", "rating_scale", "score", "version"}
# The block of a customer is read alike in every type.
WHOLE_BLOCK = {"order.paid", "product.viewed", "customer.updated"}
NO_LIMITS = {"quarantine_events_max": 2**31 - 1, "quarantine_bytes_max": 2**31 - 1, "rate_burst_seconds": 3600}
DECLARED = {"word": "word", "number": "number", "boolean": "boolean", "date": "date", "level": ["gold", "silver"]}


def texts_of(form: type[Any]) -> list[tuple[Any, ...]]:
    """The paths to every field of a form that holds text."""
    hints = get_type_hints(form)
    return [
        (field.name, *rest)
        for field in fields(form)
        if field.name not in NO_TEXT
        for rest in _within(hints[field.name])
    ]


def _within(hint: Any) -> list[tuple[Any, ...]]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return list({path: None for one in arguments if one is not NoneType for path in _within(one)})
    if origin is list:
        return [(0, *rest) for rest in _within(arguments[0])]
    if origin is dict:
        names = ["email", "sms"] if ConsentForm in get_args(arguments[1]) else ["email", *DECLARED]
        return [(name, *rest) for name in names for rest in _within(arguments[1])]
    if hasattr(hint, "__dataclass_fields__"):
        return texts_of(hint)
    return [()] if hint is str else []


def planted(event: dict[str, Any], path: tuple[Any, ...], text: Any) -> dict[str, Any]:
    """A copy of the event with ``text`` at the path."""
    copy = json.loads(json.dumps(event))
    at: Any = copy
    for step, then in pairwise(path):
        if isinstance(at, list):
            at += [{}] * (step + 1 - len(at))
            at = at[step]
        else:
            if not isinstance(at.get(step), dict | list):
                at[step] = [] if then == 0 else {}
            at = at[step]
    if isinstance(at, list):
        at[path[-1] :] = [text]
    else:
        at[path[-1]] = text
    return copy


def events() -> list[dict[str, Any]]:
    """Each planted text in each field of each type, one in an event, under ids of their own."""
    number, made = count(), []
    for type_, form in FORMS.items():
        block = texts_of(CustomerForm) if type_ in WHOLE_BLOCK else [("id",), ("anonymous_id",)]
        paths = [("id",), ("time",), *(("customer", *path) for path in block)]
        paths += [("data", *path) for path in texts_of(form)] + [("data", "note"), ("more",)]
        for path in paths:
            for text in EVERY:
                id_ = next(number)
                example = {**EXAMPLES[type_], "id": f"e-{id_}", "customer": {"id": f"c-{id_}"}}
                event = planted(example, path, text)
                made.append(event)
                if path[:2] == ("customer", "anonymous_id"):
                    made.append({**event, "id": f"e-{next(number)}", "customer": {"anonymous_id": text}})
    return made


EVENTS = events()


def as_cloud(event: dict[str, Any]) -> dict[str, Any]:
    """The event as a CloudEvent whose customer stands in the data, and whose id is in the subject as well."""
    customer = event["customer"]
    cloud = as_cloud_event({**event, "customer": {"id": customer.get("id", "")}})
    return {**cloud, "source": f"https://shop.example/{MAIL}", "data": {**event["data"], "customer": customer}}


async def by_native(ingest: Ingest, some: list[dict[str, Any]]) -> None:
    await ingest.send(some)


async def by_cloud_events(ingest: Ingest, some: list[dict[str, Any]]) -> None:
    """A batch, and a few in binary mode: one a request."""
    batched = {"Content-Type": "application/cloudevents-batch+json"}
    await ingest.send(json.dumps([as_cloud(event) for event in some]).encode(), headers=batched)
    for event in some[::100]:
        cloud = as_cloud({**event, "id": f"{event['id']}-binary"})
        headers = {f"ce-{name}": quote(str(value)) for name, value in cloud.items() if name != "data"}
        await ingest.send(json.dumps(cloud["data"]).encode(), headers=headers)


async def by_raw(ingest: Ingest, some: list[dict[str, Any]]) -> None:
    """Records, half of them CloudEvents in binary mode; keys are the producer's."""
    topic, records = raw_topic(ingest.source_id).name, []
    for place, event in enumerate(some):
        cloud = as_cloud(event)
        headers = [(f"ce_{name}", str(value).encode()) for name, value in cloud.items() if name != "data"]
        native = Record(topic, 0, place, PHONE.encode(), json.dumps(event).encode())
        binary = Record(topic, 0, place, MAIL.encode(), json.dumps(cloud["data"]).encode(), headers=headers)
        records.append(binary if place % 2 else native)
    async with transaction(ingest.database.worker) as connection:
        await write_outbox(connection, await ingest.process_raw(records, connection, ingest.clock.now()))


# By the folder of the door.
DOORS = {"native": by_native, "cloudevents": by_cloud_events, "raw": by_raw}


def found(texts: list[Any], contents: list[bytes]) -> set[str]:
    """Those of the texts that stand somewhere, in one of the forms that `mandegar find` looks for."""
    scan = Scan("here", spellings(map(str, texts)))
    scan.feed(b"\n".join(contents))
    return {each.text for each in scan.found}


async def take_published(ingest: Ingest) -> dict[str, list[bytes]]:
    """Take out what waits for the relay: keys and values by topic."""
    async with transaction(ingest.database.worker) as connection:
        rows = await connection.fetch("DELETE FROM outbox RETURNING topic, key, value")
    published: dict[str, list[bytes]] = {}
    for row in rows:
        published.setdefault(row["topic"], []).append(row["key"] + b"\n" + row["value"])
    return published


def test_every_door_is_tried():
    folders = {path.parent.name for path in Path(ingest_doors.__path__[0]).glob("*/read.py")} | {"native"}
    assert folders == set(DOORS)


@pytest.mark.parametrize("customer_ids", ["pseudonyms", "hash_all"])
@pytest.mark.parametrize("door", DOORS)
async def test_nothing_that_says_who_somebody_is_reaches_a_topic_that_lasts(make_database, door, customer_ids):
    async with ingest_service(await make_database("ingest"), **NO_LIMITS) as ingest:
        settings = {**SETTINGS, "attributes": DECLARED, "customer_ids": customer_ids}
        assert (await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=settings)).status_code == 200
        await take_published(ingest)
        # Elsewhere each field has some of the texts, and each text some of the fields.
        whole = (door, customer_ids) == ("native", "pseudonyms")
        some = EVENTS[:: 1 if whole else 5]
        published: dict[str, list[bytes]] = {}
        for start in range(0, len(some), 1000):
            await DOORS[door](ingest, some[start : start + 1000])
            for topic, rows in (await take_published(ingest)).items():
                published.setdefault(topic, []).extend(rows)

    assert published.keys() == {INGEST_EVENTS, INGEST_CONTACTS}
    assert found(EVERY, published[INGEST_EVENTS]) == set()
    # The looker does find what is there: addresses and names are on the topic of contacts.
    assert ({MAIL, PHONE, NAME} if whole else {PHONE}) <= found(EVERY, published[INGEST_CONTACTS])
    # Most events were published, so what was looked at is not what was refused.
    assert len(published[INGEST_EVENTS]) > 0.5 * len(some)


@pytest.mark.parametrize("customer_ids", ["pseudonyms", "hash_all"])
async def test_a_name_of_one_word_is_hidden_where_every_id_is_hashed(ingest, customer_ids):
    await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "customer_ids": customer_ids})
    await ingest.send({**EXAMPLES["order.paid"], "customer": {"id": "sara_ahmadi"}})

    published = await take_published(ingest)
    visible = {"sara_ahmadi"} if customer_ids == "pseudonyms" else set()
    assert found(["sara_ahmadi"], published[INGEST_EVENTS]) == visible
