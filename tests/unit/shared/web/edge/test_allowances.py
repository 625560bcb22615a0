"""How often: of failing credentials by address, of valid tokens by shop and customer."""

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from harness.signing import Signer
from mandegar.web.edge import allowances
from mandegar.web.edge.allowances import CALLERS_MAX, Allowance
from mandegar.web.edge.limits import network_of


@pytest.fixture
def now(monkeypatch) -> list[float]:
    """The monotonic clock, which a test moves."""
    now = [1_000.0]
    monkeypatch.setattr(allowances, "monotonic_seconds", lambda: now[0])
    return now


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_failing_credentials_are_429_after_a_while_and_valid_ones_still_work(http, shop, now):
    statuses = [(await http.get("/v1/operations", headers=bearer("x"))).status_code for _ in range(61)]
    assert statuses == [401] * 60 + [429]

    answer = await http.get("/v1/operations")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_refused")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["ratelimit"] == '"refused-credentials";r=0;t=1'
    valid = await http.get("/v1/operations", headers=bearer(shop.token("acme", "ops")))
    assert valid.status_code == 200, "another caller behind the same address is not affected"

    now[0] += 1
    assert (await http.get("/v1/operations")).status_code == 401


async def test_failing_credentials_are_counted_by_the_code_of_the_answer_and_never_by_address(http, now):
    await http.get("/v1/operations")
    await http.get("/v1/operations", headers=bearer("x"))

    metrics = (await http.get("/metrics")).text
    assert 'http_credentials_refused_total{code="unauthenticated"}' in metrics
    assert 'http_credentials_refused_total{code="invalid_token"}' in metrics
    assert "127.0.0.1" not in metrics


async def test_each_customer_has_an_allowance_of_their_own(http, shop, now):
    sara, omid = (bearer(shop.token("acme", "customers:read", sub=sub)) for sub in ("sara", "omid"))
    statuses = [(await http.get("/v1/customers/sara/seen", headers=sara)).status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]

    answer = await http.get("/v1/customers/sara/seen", headers=sara)
    assert (answer.json()["code"], answer.headers["retry-after"]) == ("too_many_requests", "1")
    assert (await http.get("/v1/customers/omid/seen", headers=omid)).status_code == 200
    shops = bearer(shop.token("acme", "customers:read"))
    assert (await http.get("/v1/customers/sara/seen", headers=shops)).status_code == 200


async def test_a_shop_has_an_allowance_whatever_its_token(app: FastAPI, http, shop: Signer, now):
    own = app.state.allowances._shops
    while not own.take(("acme", None), 1_000):
        pass
    while not own.take(("acme", None)):
        pass

    assert (await http.get("/v1/operations", headers=bearer(shop.token("acme", "ops")))).status_code == 429


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 20))))
def test_no_caller_takes_more_than_the_burst_and_the_rate(takes):
    allowance, at, taken = Allowance(2.0, 10.0), 1_000.0, 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allowances, "monotonic_seconds", lambda: at)
        for pause, amount in takes:
            at += pause
            wait = allowance.take("a", amount)
            if wait:
                assert allowance.take("a", amount) == pytest.approx(wait)
                at += wait
                assert allowance.take("a", amount) == 0
            taken += min(amount, 10.0)
            assert taken <= 10.0 + 2.0 * (at - 1_000.0) + 1e-6


def test_memory_is_bounded():
    allowance = Allowance(1.0, 1.0)
    for caller in range(CALLERS_MAX + 100):
        allowance.take(caller)

    assert len(allowance._full_at) == CALLERS_MAX


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("x", "unknown"),
        ("", "unknown"),
        ("1.2.3.4, 5.6.7.8", "unknown"),
    ],
)
def test_a_caller_is_an_ipv4_address_or_a_64_network(host, network):
    assert network_of(host) == network
