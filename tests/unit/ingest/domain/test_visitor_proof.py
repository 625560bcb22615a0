"""A browser speaks for a known customer only with a proof that the shop's server computed."""

import hashlib
import hmac
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.candidates import Candidate
from ingest.domain.forms import CustomerForm
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Shop, Source
from ingest.domain.visitor_proof import is_proven, visitor_proof

SECRETS = ("newest", "older")
VIEW = {"type": "product.viewed", "data": {"product_id": "p"}}


def view(**customer):
    return {**VIEW, "id": "v", "customer": customer}


def browser(door, body, **source):
    return door.one(body, trust="browser", visitor_secrets=SECRETS, **source)


def test_the_proof_is_a_plain_hmac_that_every_language_has():
    assert visitor_proof("c-1", "s") == hmac.new(b"s", b"c-1", hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("customer_id", ["c-1", "سارا", 42, "sara@example.com"])
def test_a_customer_whom_the_shop_proved_is_believed(door, secret, customer_id):
    arrival = browser(door, view(id=customer_id, proof=visitor_proof(str(customer_id), secret)))

    assert isinstance(arrival, Candidate)


@pytest.mark.parametrize(
    "customer",
    [
        {"id": "c-1"},
        {"id": "c-1", "anonymous_id": "b"},
        {"id": "c-1", "proof": ""},
        {"id": "c-1", "proof": "0" * 64},
        {"id": "c-1", "proof": "ü"},
        {"id": "c-1", "proof": visitor_proof("c-1", "replaced")},
        {"id": "c-1", "proof": visitor_proof("c-2", "newest")},
        {"id": "c-1", "proof": visitor_proof("c-1", "newest").upper()},
        {"id": "sara@example.com"},
        {"anonymous_id": "sara@example.com"},
        {"anonymous_id": "+989121234567"},
        {"anonymous_id": "g_0123456789abcdef0123456789abcdef"},
        {"anonymous_id": "sara@example.com", "proof": visitor_proof("sara@example.com", "newest")},
    ],
)
def test_without_the_shops_proof_nobody_is_a_known_customer(door, customer):
    arrival = browser(door, view(**customer))

    assert (arrival.code, arrival.status) == ("visitor_unproven", "rejected")


@given(proof=st.text(max_size=70), customer_id=st.text(max_size=20))
def test_no_proof_can_be_guessed(proof, customer_id):
    source = Source("src", Shop("s", "IRR", ZoneInfo("UTC"), "IR"), trust="browser", visitor_secrets=SECRETS)

    with pytest.raises(Refused):
        is_proven(CustomerForm(id=customer_id, proof=proof), source)


def test_an_anonymous_visitor_needs_no_proof(door):
    assert isinstance(browser(door, view(anonymous_id="b-1")), Candidate)
    assert isinstance(browser(door, view(id="a_b-1")), Candidate)


def test_a_source_may_do_without_proof_but_not_with_a_wrong_one(door):
    assert isinstance(browser(door, view(id="c-1"), visitor_proof="off"), Candidate)
    assert browser(door, view(id="c-1", proof="0" * 64), visitor_proof="off").code == "visitor_unproven"


def test_a_server_needs_no_proof(door):
    assert isinstance(door.one(view(id="c-1")), Candidate)
