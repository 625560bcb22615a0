"""``POST /v1/events`` on a real database: what is answered, what is kept, what is published."""

import gzip
import json
import zlib
from random import Random

import pytest

from builders.bodies import order_body
from harness.ingest_service import SHOP, ingest_service
from mandegar.database import transaction


async def test_an_order_is_accepted_kept_and_published_once(ingest):
    answer = await ingest.send(order_body())
    assert answer.status_code == 202
    (event,) = await ingest.news()
    result = {"index": 0, "id": "o-1001-paid", "status": "accepted", "code": None, "detail": None}
    assert answer.json() == {"results": [{**result, "event_id": str(event.id)}]}
    assert (event.type, event.customer) == ("order.paid", (SHOP, "c-42"))

    again = await ingest.results(order_body())
    assert again == [("duplicate", None)]
    assert await ingest.news() == []

    history = (await ingest.ask("GET", "/v1/customers/c-42/events")).json()
    assert [past["body"] for past in history["events"]] == [order_body()]
    assert history["events"][0]["event_id"] == str(event.id)


async def test_a_repeat_written_differently_is_a_duplicate_and_another_body_a_conflict(ingest):
    await ingest.send(order_body())
    shuffled = json.dumps(dict(reversed(order_body().items())), indent=2).encode()

    assert await ingest.results(shuffled) == [("duplicate", None)]
    assert await ingest.results(order_body({"total": "1"})) == [("quarantined", "id_conflict")]
    assert len(await ingest.news()) == 1


async def test_the_same_id_twice_in_one_request_is_accepted_once(ingest):
    results = await ingest.results([order_body(), order_body(), order_body({"total": "1"})])

    assert results == [("accepted", None), ("duplicate", None), ("quarantined", "id_conflict")]
    assert len(await ingest.news()) == 1


async def test_results_come_in_input_order_and_bad_events_spare_the_others(ingest):
    good = [json.dumps(order_body(id=f"e-{number}")).encode() for number in range(97)]
    bad = [
        b'{"id": NaN}',
        json.dumps(order_body(type="nonsense")).encode(),
        json.dumps(order_body({"total": -1})).encode(),
    ]
    answer = await ingest.send(b"[" + b",".join([good[0], *bad, *good[1:]]) + b"]")

    assert answer.status_code == 202
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(100))
    assert [result["code"] for result in results[1:4]] == ["non_finite_number", "unknown_type", "bad_amount"]
    assert [result["status"] for result in results[1:4]] == ["rejected", "quarantined", "quarantined"]
    assert {result["status"] for result in results[4:]} == {"accepted"}
    assert len(await ingest.news()) == 97


async def test_only_when_every_event_is_rejected_the_answer_is_422(ingest):
    answer = await ingest.send(b'{"id": NaN}')
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["results"][0]["code"] == "non_finite_number"

    assert (await ingest.send(b"[]")).status_code == 202
    assert (await ingest.send([order_body(type="nonsense")])).status_code == 202


async def test_a_source_may_ask_for_200(ingest):
    source = await ingest.make_source(success_status=200)

    assert (await ingest.send(order_body(), key=source["key"])).status_code == 200


@pytest.mark.parametrize("key", ["", "nonsense", "mdg_", "mdg_000000000000_" + "x" * 43, "mdg_" + "é" * 20])
async def test_without_a_live_key_the_door_stays_shut(key, ingest):
    answer = await ingest.client.post("/v1/events", json=order_body(), headers={"X-Mandegar-Key": key.encode()})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")


async def test_a_key_with_a_wrong_secret_opens_nothing(ingest):
    assert (await ingest.send(order_body(), key=ingest.key[:-1] + "~")).status_code == 401
    assert (await ingest.client.post("/v1/events", json=order_body())).status_code == 401
    header = {"X-Mandegar-Key": ingest.key}
    assert (await ingest.client.post("/v1/events", json=order_body(), headers=header)).status_code == 202


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "application/json; charset=utf-16"])
async def test_a_wrong_content_type_is_415(content_type, ingest):
    answer = await ingest.send(b"[]", headers={"Content-Type": content_type})

    assert answer.status_code == 415


async def test_too_much_is_413(ingest):
    assert (await ingest.send(b" " * (1024 * 1024 + 1))).status_code == 413
    too_many = await ingest.send([order_body(id=str(number)) for number in range(1001)])
    assert (too_many.status_code, too_many.json()["code"]) == (413, "batch_too_large")
    assert await ingest.news() == []


async def test_a_large_event_is_rejected_alone(ingest):
    large = order_body(id="large", note="x" * 65_536)

    assert await ingest.results([large, order_body()]) == [("rejected", "event_too_large"), ("accepted", None)]


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("gzip", lambda body: gzip.compress(body[:20]) + gzip.compress(body[20:])),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compressobj(wbits=-15).compress(body) or b""),
    ],
)
async def test_packed_bodies_are_unpacked(encoding, pack, ingest):
    body = json.dumps(order_body()).encode()
    packed = pack(body)
    if not packed:
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(body) + packer.flush()

    assert (await ingest.send(packed, headers={"Content-Encoding": encoding})).status_code == 202


async def test_bombs_and_broken_packing_are_refused(ingest):
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 1024 * 1024

    assert (await ingest.send(bomb, headers={"Content-Encoding": "gzip"})).status_code == 413
    assert (await ingest.send(b"nonsense", headers={"Content-Encoding": "gzip"})).status_code == 400
    cut = gzip.compress(json.dumps(order_body()).encode())[:-9]
    assert (await ingest.send(cut, headers={"Content-Encoding": "gzip"})).status_code == 400
    assert (await ingest.send(b"[]", headers={"Content-Encoding": "br"})).status_code == 415


async def test_a_source_that_sends_too_much_is_told_when_to_come_back(make_database):
    limits = {"source_events_per_second": 10.0, "rate_burst_seconds": 100.0}
    async with ingest_service(await make_database("ingest"), **limits) as ingest:
        batch = [order_body(id=str(number)) for number in range(600)]
        assert (await ingest.send(batch)).status_code == 202
        refused = await ingest.send(batch)

        assert refused.status_code == 429
        assert 15 <= int(refused.headers["retry-after"]) <= 21


async def test_a_database_that_does_not_answer_means_503_and_nothing_is_lost(make_database):
    database = await make_database("ingest")
    async with ingest_service(database, accept_seconds=0.5) as ingest:
        async with transaction(database.worker) as blocking:
            await blocking.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            answer = await ingest.send(order_body())
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"] == "2"
        assert await ingest.results(order_body()) in ([("accepted", None)], [("duplicate", None)])
        assert len(await ingest.news()) == 1


async def test_an_event_that_the_database_refuses_is_quarantined_alone(ingest):
    import asyncpg

    owner = await asyncpg.connect(ingest.database.owner_url)
    await owner.execute("ALTER TABLE events ADD CHECK (native_id NOT LIKE 'cursed%')")
    await owner.close()
    batch = [order_body(id=f"e-{number}") for number in range(50)]
    batch[17] = order_body(id="cursed-1")
    batch[40] = order_body(id="cursed-2")
    results = await ingest.results(batch)

    assert results[17] == results[40] == ("quarantined", "unstorable")
    assert sum(status == "accepted" for status, _ in results) == 48
    assert len(await ingest.news()) == 48


async def test_the_door_is_documented(ingest):
    document = (await ingest.client.get("/openapi.json")).json()
    door = document["paths"]["/v1/events"]["post"]

    schemes = {name for one in door["security"] for name in one}
    assert schemes == {"SourceKey", "SourceKeyAsBearer"}
    assert schemes <= set(document["components"]["securitySchemes"])
    assert "application/cloudevents-batch+json" in door["requestBody"]["content"]
    assert {"202", "401", "408", "413", "415", "422", "429", "503"} <= set(door["responses"])


async def test_cloud_events_use_the_same_hallway(ingest):
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/shop",
        "type": "order.paid",
        "data": {"customer": {"id": "c-1"}, "order_id": "o", "currency": "IRR", "total": "5"},
    }
    structured = {"Content-Type": "application/cloudevents+json"}
    batched = {"Content-Type": "application/cloudevents-batch+json"}
    in_headers = {"ce-specversion": "1.0", "ce-id": "e-2", "ce-source": "/shop", "ce-type": "order.paid"}

    assert await ingest.results(json.dumps(event).encode(), headers=structured) == [("accepted", None)]
    assert await ingest.results(json.dumps([event]).encode(), headers=batched) == [("duplicate", None)]
    assert await ingest.results(event["data"], headers=in_headers) == [("accepted", None)]
    history = (await ingest.ask("GET", "/v1/customers/c-1/events")).json()["events"]
    assert {past["id"] for past in history} == {"e-1", "e-2"}


async def test_no_bytes_make_the_door_fail(ingest):
    """Mutations of good events and plain noise: always a 202 or a 4xx with a code, and an answer for every event."""
    random = Random(20261122)
    seed = json.dumps(
        [order_body(id=f"e-{number}", customer={"email": "a@example.com"}) for number in range(3)]
    ).encode()
    types = ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"]
    for _ in range(150):
        body = bytearray(seed if random.random() < 0.8 else random.randbytes(random.randrange(200)))
        for _ in range(random.randrange(4)):
            at = random.randrange(len(body) + 1)
            body[at : at + random.randrange(6)] = random.choice([b"", b'"', b"}", b"\\u0000", b"\xff", b"1e999", b"["])
        answer = await ingest.send(bytes(body), headers={"Content-Type": random.choice(types)})
        assert answer.status_code in {202, 422}, (bytes(body), answer.text)
        for index, result in enumerate(answer.json()["results"]):
            assert result["index"] == index
            assert result["status"] in {"accepted", "duplicate"} or result["code"]


async def test_a_full_queue_means_503_at_once(ingest):
    (arrival,) = ingest.arrivals([order_body()])
    with ingest.context.commits.room.holding(arrival.source, 20_000):
        answer = await ingest.send(order_body())

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")
    assert (await ingest.send(order_body())).status_code == 202


@pytest.mark.parametrize(
    "member", [b'"note": "\xff"', b'"note": "\xc0\x80"', b'"note": "\xed\xa0\x80"', b'"\xc3\x28": 1']
)
async def test_bytes_that_are_no_utf_8_are_refused_also_where_nobody_reads_them(ingest, member):
    body = json.dumps(order_body()).encode()
    spoilt = body.replace(b'"order_id"', member + b', "order_id"').replace(b"o-1001-paid", b"spoilt")

    assert await ingest.results(b"[" + body + b"," + spoilt + b"]") == [
        ("accepted", None),
        ("rejected", "invalid_json"),
    ]
    history = await ingest.ask("GET", "/v1/customers/c-42/events")
    assert [past["id"] for past in json.loads(history.content)["events"]] == ["o-1001-paid"]


async def test_an_integer_that_no_reader_of_the_history_could_read_is_refused(ingest):
    body = json.dumps(order_body({"weight": 7, "text": "9" * 400, "fraction": "F"})).encode()
    fine = body.replace(b'"F"', b"0." + b"1" * 400)

    assert await ingest.results(body.replace(b": 7", b": " + b"9" * 400)) == [("quarantined", "number_overflow")]
    assert await ingest.results(fine) == [("accepted", None)]
