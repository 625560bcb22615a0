"""What each service's user may do at the broker, and the request that makes it so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest

from mandegar.events.topics import (
    CHURN_EVENTS,
    INGEST_CONTACTS,
    INGEST_EVENTS,
    LOYALTY_EVENTS,
    NOTIFY_EVENTS,
    RAW_PREFIX,
)
from mandegar.kafka.names import TopicNames

Operation = Literal["Read", "Write", "Create"]

# The numbers of the protocol.
_RESOURCES = {"topic": 2, "group": 3}
_OPERATIONS: Mapping[Operation, int] = {"Read": 3, "Write": 4, "Create": 5}
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3


class Acl(NamedTuple):
    """Permission for one operation on one topic or group, or on all whose names begin with ``name``. Read and Write
    include Describe.
    """

    resource: Literal["topic", "group"]
    name: str
    operation: Operation
    prefixed: bool = False


class Access(NamedTuple):
    """The topics and groups of a service, by their logical names."""

    writes: Sequence[str]
    reads: Sequence[str]
    groups: Sequence[str]


# A service also reads what it wrote, from which it is rebuilt. A test compares this with what the services declare.
ACCESS: Mapping[str, Access] = {
    "ingest": Access(
        (INGEST_EVENTS, INGEST_CONTACTS),
        (INGEST_EVENTS, INGEST_CONTACTS, NOTIFY_EVENTS),
        ("ingest.raw", "ingest.consents"),
    ),
    "loyalty": Access(
        (LOYALTY_EVENTS,), (INGEST_EVENTS, LOYALTY_EVENTS, CHURN_EVENTS), ("loyalty", "loyalty.referrals")
    ),
    "churn": Access(
        (CHURN_EVENTS,),
        (INGEST_EVENTS, LOYALTY_EVENTS, CHURN_EVENTS, NOTIFY_EVENTS),
        ("churn", "churn.card", "churn.timeline"),
    ),
    "notify": Access(
        (NOTIFY_EVENTS,), (INGEST_EVENTS, INGEST_CONTACTS, LOYALTY_EVENTS, CHURN_EVENTS, NOTIFY_EVENTS), ("notify",)
    ),
}


def acls_of(service: str) -> Iterator[Acl]:
    """Everything that the user of ``service`` may do. Ingest creates and reads the topics of sources besides."""
    access = ACCESS[service]
    yield from (Acl("topic", topic, "Write") for topic in access.writes)
    yield from (Acl("topic", topic, "Read") for topic in access.reads)
    yield from (Acl("group", group, "Read") for group in access.groups)
    if service == "ingest":
        yield Acl("topic", RAW_PREFIX, "Read", prefixed=True)
        yield Acl("topic", RAW_PREFIX, "Create", prefixed=True)


async def create_acls(admin: AIOKafkaAdminClient, principal: str, acls: Iterator[Acl], names: TopicNames) -> None:
    """Allow ``principal`` (``User:loyalty``) what ``acls`` say, from every address; those that exist stay.

    Raises aiokafka's error if the broker refuses, also because it has no authorizer.
    """
    for acl in acls:
        request = CreateAclsRequest(
            _RESOURCES[acl.resource],
            names.physical(acl.name),
            _PREFIXED if acl.prefixed else _LITERAL,
            principal,
            "*",
            _OPERATIONS[acl.operation],
            _ALLOW,
        )
        answer = await admin._send_request(request)  # noqa: SLF001  aiokafka has the request, and no method for it
        for code, message in answer.creation_responses:
            if code:
                raise for_code(code)(message)
