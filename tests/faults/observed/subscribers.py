"""Who reads what: every consumer group of canonical events, as the services themselves declare it."""

from types import MappingProxyType
from typing import NamedTuple

from churn.main import SERVICE as CHURN
from loyalty.main import SERVICE as LOYALTY
from notify.main import SERVICE as NOTIFY


class Subscriber(NamedTuple):
    """A consumer group of a service, and the events that it wants; of acts, those that a rule of points is about."""

    service: str
    topics: tuple[str, ...]
    types: frozenset[str]
    acts: frozenset[str]


SUBSCRIBERS = MappingProxyType(
    {
        group: Subscriber(
            service.name, reads.topics, reads.types, frozenset().union(*(types for types, _heed in reads.heeds))
        )
        for service in (LOYALTY, CHURN, NOTIFY)
        for group, reads in service.subscriptions.items()
    }
)
GROUPS = (*SUBSCRIBERS, "ingest.raw", "ingest.consents")
