"""A plain read is answered without the framework, and nobody can tell: both answer every request alike."""

import dataclasses
import random
from datetime import timedelta
from functools import partial
from typing import Any, cast
from uuid import uuid4

import pytest

from builders.bands import crossed
from builders.orders import paid
from harness.apps import NO_POOL, SERVICES
from harness.asgi import Answer, ask
from harness.plain_reads import both_applications, requests_counted
from harness.signing import Signer, in_seconds
from harness.tokens import token
from harness.two_shops import EVIL, VICTIM, Asked, opened
from mandegar.tokens import SCOPES
from mandegar.web.access import ReadRoute

REQUESTS = 350
WITH_READS = [
    name
    for name, service in SERVICES.items()
    if any(isinstance(route, ReadRoute) for router in service.routers for route in router.routes)
]
LIMITS = ("token_requests_per_second", "customer_requests_per_second", "refused_credentials_per_minute")
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PHONE = "09121234567"
ODD_IDS = (
    "nobody", "null", "0", "", ".", "..", "a b", "a+b", "c;d", "%63-of-the-first-shop", "C-OF-THE-FIRST-SHOP", PHONE,
    "%2B989121234567", "a%2Fb", "a%2fb", "%2F", "a%5Cb", "a%EE%80%80b", "%E2%80%8Cx", "%00", "%0A", "x%0A", "%FF", "%",
    "%zz", "sara%40example.com", "sara@example.com", "x" * 200, "x" * 201, "x" * 320, "x" * 321,
    "%D8%B3%D8%A7%D8%B1%D8%A7",
)  # fmt: skip
QUERIES = (
    "?", "?x=1", "?after=no", f"?after={uuid4()}&wait=0", "?wait=1", "?wait=1s", "?wait=99", "?AFTER=1", "?&", "?a%20=",
    "?limit=1", "?before=1", "?at=2026-11-20T00:00:00Z", "?at=never",
)  # fmt: skip
STRANGER = Signer("tests", "*")


def bearers(shop: str) -> dict[str, str]:
    """Values of ``Authorization``, by what they are."""
    every = " ".join(SCOPES)
    tokens = {
        "reads": token(shop, "customers:read"),
        "everything": token(shop, every),
        "nothing": token(shop, ""),
        "others": token(shop, " ".join(set(SCOPES) - {"customers:read"})),
        "another shop": token(EVIL, every),
        "operator": token("*", every),
        "customer": token(shop, "customers:read", subject=VICTIM),
        "customer elsewhere": token(EVIL, "customers:read", subject=VICTIM),
        "another customer": token(shop, every, subject="another"),
        "customer without": token(shop, "", subject=VICTIM),
        "no customer": token(shop, every, subject="null"),
        "guest": token(shop, every, subject=PHONE),
        "stranger": STRANGER.token(shop, every),
        "unreadable": "a.b.c",
    }
    values = {name: f"Bearer {value}" for name, value in tokens.items()}
    whole = tokens["reads"]
    odd = {
        "lower case": f"bearer {whole}", "two spaces": f"Bearer  {whole}", "basic": f"Basic {whole}", "bare": whole,
        "empty": "", "scheme": "Bearer", "scheme and space": "Bearer ", "not ascii": f"Bearer {whole}ü",
        "longer": f"Bearer {whole} x", "expired": f"Bearer {STRANGER.token(shop, every, exp=in_seconds(-999))}",
    }  # fmt: skip
    return values | odd


def drawn(draw: random.Random, asked: Asked, templates: list[str], tags: list[bytes]) -> tuple[str, str, Any]:
    """A request: half of them plain, the others odd in one respect or several."""
    values = bearers(asked.shop)
    odd = partial(draw.choice, [False, False, True])
    customer = draw.choice(ODD_IDS) if odd() else draw.choice([VICTIM, VICTIM, "c-of-evil", "unsettled"])
    target = draw.choice(templates).replace("{customer_id}", customer)
    target += draw.choice(["/", "//", "/x", ";x", "."]) if draw.random() < 0.05 else ""
    target = target.replace("/v1/", draw.choice(["/V1/", "//v1/", "/v1//"])) if draw.random() < 0.05 else target
    method = draw.choice(["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "get", "TRACE"]) if odd() and odd() else "GET"
    bearer = draw.choice(list(values)) if odd() else draw.choice(["reads", "everything", "customer", "another shop"])
    headers = [(b"authorization", values[bearer].encode("latin-1"))] if draw.random() < 0.95 else []
    if draw.random() < 0.05:
        headers.append((b"authorization", values["reads"].encode()))
    if odd():
        wanted = [b"*", b'"x"', b"W/", b"", b'"x", *', *(tag for tag in tags), *(b'W/"y", ' + tag for tag in tags)]
        headers.append((b"if-none-match", draw.choice(wanted)))
    if odd():
        headers.append((b"origin", draw.choice([b"https://shop.example", b"https://nowhere.example", b"null"])))
    if method == "OPTIONS" and odd():
        headers.append((b"access-control-request-method", b"GET"))
    if odd():
        headers += [
            (b"x-request-id", b"r-1"),
            (b"traceparent", TRACE),
        ]
    return method, target + (draw.choice(QUERIES) if odd() and odd() else ""), headers


def told(answer: Answer) -> tuple[Any, ...]:
    """What a caller sees, but for the id that each request gets."""
    headers = [(name, value) for name, value in answer.headers if name != b"x-request-id" or value == b"r-1"]
    return answer.status, headers, answer.body, answer.error


async def planted(asked: Asked) -> list[bytes]:
    """More customers, and a web page that the shop allows."""
    reads = {type_ for subscription in asked.service.service.subscriptions.values() for type_ in subscription.types}
    for event in (paid("o-2", customer=VICTIM), crossed(customer=VICTIM)):
        if event.type in reads:
            await asked.service.deliver(event)
    worker = asked.service.database.worker
    await worker.execute("INSERT INTO customers (shop, customer_id, partition) VALUES ('s', 'unsettled', 0)")
    await worker.execute("UPDATE shops SET origins = '{https://shop.example}'")
    return []


@pytest.mark.parametrize("name", WITH_READS)
async def test_the_framework_and_the_way_around_it_answer_alike(make_database, name):
    async with opened(name, await make_database(name)) as asked:
        tags = await planted(asked)
        context = asked.service.context
        context = dataclasses.replace(context, settings=context.settings.model_copy(update=dict.fromkeys(LIMITS, 1e6)))
        served, framework = both_applications(asked.service.service, context)
        templates = paths(name)
        draw, seen = random.Random(36), set()
        for number in range(REQUESTS):
            if number in {REQUESTS // 2, REQUESTS - 40}:
                asked.service.clock.advance(timedelta(days=20))  # what is due by now is not written
            request = drawn(draw, asked, templates, tags)
            before = requests_counted()
            one = await ask(served, *request)
            between = requests_counted()
            other = await ask(framework, *request)
            after = requests_counted()

            assert told(one) == told(other), request
            assert counted(before, between) == counted(between, after), request
            seen.add(one.status)
            tags += [value for header, value in one.headers if header == b"etag"][:1]
    assert {200, 401, 403, 404, 422} <= seen
    assert 304 in seen or not tags


def counted(before: dict[Any, float], after: dict[Any, float]) -> dict[Any, float]:
    return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}


@pytest.mark.parametrize("name", WITH_READS)
async def test_both_refuse_too_many_requests_alike(make_database, name):
    async with opened(name, await make_database(name)) as asked:
        context = asked.service.context
        context = dataclasses.replace(
            context, settings=context.settings.model_copy(update=dict(zip(LIMITS, (0.4, 0.2, 2.0), strict=True)))
        )
        applications = both_applications(asked.service.service, context)
        path = read_path(name)
        values = bearers(asked.shop)
        answers = []
        for application in applications:
            send = partial(ask, application, "GET", path)
            callers = [values[who].encode() for who in ("reads", "customer", "unreadable", "stranger")]
            answers += [[await send([(b"authorization", caller)]) for _ in range(6)] for caller in callers]

    mine, theirs = answers[:4], answers[4:]
    assert [[one.status for one in each] for each in mine] == [[one.status for one in each] for each in theirs]
    assert [each[-1].status for each in mine] == [429] * 4
    for one, other in zip(mine, theirs, strict=True):
        assert one[-1].body == other[-1].body
        assert dict(one[-1].headers).keys() == dict(other[-1].headers).keys() >= {b"retry-after", b"ratelimit"}


@pytest.mark.parametrize("name", WITH_READS)
async def test_an_encoded_slash_is_a_letter_of_the_id(make_database, name):
    async with opened(name, await make_database(name)) as asked:
        application, framework = both_applications(asked.service.service, asked.service.context)
        headers = [(b"authorization", bearers(asked.shop)["reads"].encode()), (b"x-request-id", b"r-1")]
        for route in paths(name):
            head, _, last = route.replace("{customer_id}", VICTIM).rpartition("/")
            for slash in ("%2F", "%2f"):
                one, other = [await ask(each, "GET", head + slash + last, headers) for each in (application, framework)]
                assert (one, one.status) == (other, 404)


class Failing:
    """A pool that fails in a way that nobody expects."""

    def acquire(self, **_: object) -> None:
        raise RuntimeError("a fault of ours")

    @property
    def reads(self) -> None:
        raise RuntimeError("a fault of ours")


@pytest.mark.parametrize("name", WITH_READS)
@pytest.mark.parametrize(("pool", "status"), [(NO_POOL, 503), (Failing(), 500)])
async def test_both_answer_a_failure_alike(make_database, name, pool, status):
    async with opened(name, await make_database(name)) as asked:
        context = dataclasses.replace(asked.service.context, web=cast("Any", pool))
        applications = both_applications(asked.service.service, context)
        headers = [(b"authorization", bearers(asked.shop)["reads"].encode()), (b"x-request-id", b"r-1")]
        one, other = [await ask(application, "GET", read_path(name), headers) for application in applications]

    assert one == other
    assert one.status == status
    assert (b"retry-after" in dict(one.headers)) == (status == 503)


def paths(name: str) -> list[str]:
    """The templates of a service's reads of one customer."""
    routes = [route for router in SERVICES[name].routers for route in router.routes]
    return [route.path for route in routes if isinstance(route, ReadRoute)]


def read_path(name: str) -> str:
    return paths(name)[0].replace("{customer_id}", VICTIM)
