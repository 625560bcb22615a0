"""The table of event types: which topic carries each, and the shape of its data."""

from types import MappingProxyType

from msgspec import Struct

from mandegar.events import contacts, effects, topics
from mandegar.events import ingest as acts

_BY_TOPIC: dict[str, dict[str, type[Struct]]] = {
    topics.INGEST_EVENTS: {
        "order.placed": acts.OrderSnapshot,
        "order.paid": acts.OrderSnapshot,
        "order.updated": acts.OrderSnapshot,
        "order.cancelled": acts.OrderCancelled,
        "refund.issued": acts.RefundIssued,
        "product.viewed": acts.Interaction,
        "product.searched": acts.Interaction,
        "cart.updated": acts.Interaction,
        "checkout.started": acts.Interaction,
        "customer.logged_in": acts.Interaction,
        "customer.signed_up": acts.Interaction,
        "review.submitted": acts.ReviewSubmitted,
        "survey.responded": acts.SurveyResponded,
        "ticket.opened": acts.TicketChanged,
        "ticket.closed": acts.TicketChanged,
        "customer.updated": acts.CustomerUpdated,
        "shop.updated": acts.ShopUpdated,
        "source.closed": acts.SourceClosed,
    },
    topics.INGEST_CONTACTS: {
        "contact.updated": contacts.ContactUpdated,
    },
    topics.LOYALTY_EVENTS: {
        "points.posted": effects.PointsPosted,
        "points.expiring": effects.PointsExpiring,
        "tier.changed": effects.TierChanged,
        "programme.changed": effects.ProgrammeChanged,
    },
    topics.CHURN_EVENTS: {
        "band.crossed": effects.BandCrossed,
    },
    topics.NOTIFY_EVENTS: {
        "message.sent": effects.MessageDecided,
        "message.refused": effects.MessageDecided,
        "message.unknown": effects.MessageDecided,
        "message.withheld": effects.MessageDecided,
        "consent.changed": effects.ConsentChanged,
    },
}

TYPES: MappingProxyType[str, type[Struct]] = MappingProxyType(
    {type_: data for types in _BY_TOPIC.values() for type_, data in types.items()}
)
_TOPICS = {type_: topic for topic, types in _BY_TOPIC.items() for type_ in types}

ORDER_TYPES = frozenset({"order.placed", "order.paid", "order.updated", "order.cancelled", "refund.issued"})
INTERACTION_TYPES = frozenset(type_ for type_, data in TYPES.items() if data is acts.Interaction) | frozenset(
    {"review.submitted", "survey.responded", "ticket.opened", "ticket.closed"}
)


def data_type(type_: str) -> type[Struct]:
    """The struct of an event type's data; ``KeyError`` for a type this build does not know."""
    return TYPES[type_]


def topic_of(type_: str) -> str:
    """The topic that carries an event type."""
    return _TOPICS[type_]


def types_of(topic: str) -> frozenset[str]:
    """Every event type that a topic carries."""
    return frozenset(_BY_TOPIC[topic])
