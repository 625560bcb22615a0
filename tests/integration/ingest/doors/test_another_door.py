"""What another door takes: its credentials, its form and its answer. The way of a request is the same for all."""

import hmac
from collections.abc import AsyncIterator
from decimal import Decimal
from hashlib import sha256

import httpx2
import pytest
from fastapi import FastAPI, Request
from msgspec import json
from starlette.responses import Response

from ingest.domain.forms import CustomerForm, EventForm, OrderForm
from ingest.domain.outcomes import Refused
from ingest.doors.door import Door, Form
from ingest.doors.receive import receive
from ingest.sources.rows import load_sources
from mandegar.database import transaction
from mandegar.web import Problem
from mandegar.web.problems import add_problem_answers

SECRET = b"of the webhook"


def signed(body: bytes) -> str:
    return hmac.new(SECRET, body, sha256).hexdigest()


def read(body: bytes, _fallback_id: str | None) -> EventForm:
    sale = json.decode(body)
    if "till" not in sale:
        raise Refused("invalid_event", "till is missing")
    order = OrderForm(order_id=sale["number"], total=Decimal(sale["sum"]), currency="IRR")
    buyer = CustomerForm(id=sale["buyer"])
    return EventForm(id=f"till-{sale['number']}", type="order.paid", data=order, customer=buyer)


def split(body: bytes, _headers: object) -> list[bytes]:
    return [json.encode(sale) for sale in json.decode(body)["sales"]]


TILL = Form(split, read, lambda body: f"till-{json.decode(body).get('number')}")


@pytest.fixture
async def till(ingest) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a route with a door whose credential is a signature of the body."""

    async def verify(delivery, context):
        if not hmac.compare_digest(delivery.headers.get("x-signature", ""), signed(await delivery.body())):
            raise Problem(401, "invalid_signature", "The signature does not match the body")
        async with transaction(context.worker) as connection:
            return (await load_sources(connection, [ingest.source_id]))[ingest.source_id]

    door = Door("till", verify, lambda _: TILL, lambda results, _: Response(json.encode(len(results)), 200))
    app = FastAPI()
    app.state.context = ingest.context
    add_problem_answers(app)

    @app.post("/till")
    async def post(request: Request) -> Response:
        return await receive(request, door)

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://till.test") as client:
        yield client


async def test_a_signed_body_is_read_in_its_own_form_and_accepted_by_the_same_hallway(ingest, till):
    sales = [{"till": 1, "number": 7, "sum": "500", "buyer": "c-1"}, {"number": 8}]
    body = json.encode({"sales": sales})
    answer = await till.post("/till", content=body, headers={"X-Signature": signed(body)})

    assert (answer.status_code, answer.json()) == (200, 2)
    assert [(event.type, event.customer_id) for event in await ingest.news()] == [("order.paid", "c-1")]
    (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    assert (entry["code"], entry["native_id"], entry["detail"]) == ("invalid_event", "till-8", "till is missing")
    (past,) = (await ingest.ask("GET", "/v1/customers/c-1/events")).json()["events"]
    assert past["body"] == sales[0]


async def test_a_wrong_signature_opens_nothing(ingest, till):
    answer = await till.post("/till", content=b'{"sales": []}', headers={"X-Signature": signed(b"another body")})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")
