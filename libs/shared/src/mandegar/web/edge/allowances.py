"""Allowances: how often a caller may do something, in a memory of fixed size."""

from math import ceil

from cachetools import LRUCache
from starlette.requests import Request

from mandegar.clock import monotonic_seconds
from mandegar.service.settings import ServiceSettings
from mandegar.telemetry import metrics
from mandegar.tokens import Principal
from mandegar.web.edge.limits import network_of
from mandegar.web.problems import Problem

CALLERS_MAX = 20_000
BURST_SECONDS = 5
# What a request takes of the allowance of its token, where its route says so: ``openapi_extra={COST: …}``.
COST = "x-mandegar-cost"
# The query parameter of which each value takes that much: ``openapi_extra={COST_PER: "id"}``.
COST_PER = "x-mandegar-cost-per"


class Allowance:
    """A bucket for each caller: ``burst`` at once, and ``per_second`` from then on.

    A bucket is one number, the instant at which it is full again. Of more than ``CALLERS_MAX`` callers the one that
    was seen last longest ago is forgotten, and begins with a full bucket.
    """

    def __init__(self, per_second: float, burst: float) -> None:
        self.burst = max(burst, 1.0)
        self._interval = 1 / per_second
        self._full_at: LRUCache[object, float] = LRUCache(CALLERS_MAX)

    def take(self, caller: object, amount: float = 1) -> float:
        """Take ``amount``, at most the burst, and return 0, or take nothing and return the seconds to wait."""
        now = monotonic_seconds()
        full_at = max(self._full_at.get(caller, now), now) + min(amount, self.burst) * self._interval
        if (wait := full_at - now - self.burst * self._interval) > 1e-9:
            return wait
        self._full_at[caller] = full_at
        return 0.0


class Allowances:
    """The allowances of one process."""

    def __init__(self, settings: ServiceSettings) -> None:
        minute = settings.refused_credentials_per_minute
        self._refused = Allowance(minute / 60, minute)
        per_second = settings.token_requests_per_second, settings.customer_requests_per_second
        self._shops, self._customers = (Allowance(rate, rate * BURST_SECONDS) for rate in per_second)

    def take_request(self, who: Principal, cost: int) -> None:
        """Raise a 429 problem if the tokens of a shop, or of one of its customers, are used too often."""
        own = self._shops if who.subject is None else self._customers
        if wait := own.take((who.shop, who.subject), cost):
            headers = _headers("requests", wait)
            raise Problem(
                429, "too_many_requests", "Too many requests were sent with the tokens of this caller", headers=headers
            )

    def take_refusal(self, request: Request, problem: Problem) -> Problem:
        """``problem``, or 429 in place of a 401 if too many came from the address.

        Valid credentials are never counted and never answered like this: behind one address may be many callers.
        """
        if problem.status != 401:
            return problem
        metrics.CREDENTIALS_REFUSED.labels(problem.code).inc()
        client = request.client
        wait = self._refused.take(network_of(client.host) if client else "unknown")
        if not wait:
            return problem
        return Problem(
            429,
            "too_many_refused",
            "Too many requests without valid credentials came from this address",
            "Requests with valid credentials are not affected",
            headers=_headers("refused-credentials", wait),
        )


def _headers(name: str, wait: float) -> dict[str, str]:
    """When to come again, also in the words of the Internet-Draft on RateLimit header fields."""
    seconds = ceil(wait)
    return {"Retry-After": str(seconds), "RateLimit": f'"{name}";r=0;t={seconds}'}
