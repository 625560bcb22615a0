"""The event types: the topic that carries each, and the struct of its data."""

from types import MappingProxyType

from msgspec import Struct

from mandegar.events import (
    challenges,
    churn,
    contacts,
    contracts,
    coupons,
    credit,
    draws,
    elsewhere,
    ingest,
    loyalty,
    notify,
    opening,
    promises,
    referrals,
    topics,
)

_BY_TOPIC: dict[str, dict[str, type[Struct]]] = {
    topics.INGEST_EVENTS: {
        "order.placed": ingest.OrderSnapshot,
        "order.paid": ingest.OrderSnapshot,
        "order.updated": ingest.OrderSnapshot,
        "order.cancelled": ingest.OrderCancelled,
        "refund.issued": ingest.RefundIssued,
        "order.moved": ingest.OrderMoved,
        "order.delivered": ingest.OrderDelivered,
        "product.viewed": ingest.Interaction,
        "product.searched": ingest.Interaction,
        "cart.updated": ingest.Interaction,
        "checkout.started": ingest.Interaction,
        "customer.logged_in": ingest.Interaction,
        "customer.signed_up": ingest.Interaction,
        "review.submitted": ingest.ReviewSubmitted,
        "survey.responded": ingest.SurveyResponded,
        "ticket.opened": ingest.TicketChanged,
        "ticket.closed": ingest.TicketChanged,
        "ticket.answered": ingest.TicketAnswered,
        "promise.made": promises.PromiseMade,
        "promise.kept": promises.PromiseSettled,
        "promise.broken": promises.PromiseSettled,
        "subscription.started": contracts.SubscriptionPaid,
        "subscription.renewed": contracts.SubscriptionPaid,
        "subscription.cancelled": contracts.SubscriptionEnded,
        "subscription.expired": contracts.SubscriptionEnded,
        "trial.started": contracts.TrialStarted,
        "trial.ended": contracts.TrialEnded,
        "act.done": ingest.ActDone,
        "referral.claimed": referrals.ReferralClaimed,
        "message.sent_elsewhere": elsewhere.MessageSentElsewhere,
        "points.opened": opening.PointsOpened,
        "tier.granted": opening.TierGranted,
        "coupon.opened": opening.CouponOpened,
        "customer.updated": ingest.CustomerUpdated,
        "customer.merged": ingest.CustomerMerged,
        "customer.split": ingest.CustomerSplit,
        "customer.erased": ingest.CustomerErased,
        "customer.readmitted": ingest.CustomerReadmitted,
        "shop.updated": ingest.ShopUpdated,
        "source.closed": ingest.SourceClosed,
    },
    topics.INGEST_CONTACTS: {
        "contact.updated": contacts.ContactUpdated,
        "contact.erased": contacts.ContactErased,
    },
    topics.LOYALTY_EVENTS: {
        "points.posted": loyalty.PointsPosted,
        "credit.posted": credit.CreditPosted,
        "budget.drawn": loyalty.BudgetDrawn,
        "points.expiring": loyalty.PointsExpiring,
        "tier.changed": loyalty.TierChanged,
        "tier.at_risk": loyalty.TierAtRisk,
        "challenge.completed": challenges.ChallengeCompleted,
        "challenge.undone": challenges.ChallengeUndone,
        "badge.granted": challenges.BadgeGranted,
        "badge.withdrawn": challenges.BadgeWithdrawn,
        "programme.changed": loyalty.ProgrammeChanged,
        "rewards.changed": loyalty.RewardsChanged,
        "redemption.changed": loyalty.RedemptionChanged,
        "coupons.pooled": coupons.CouponsPooled,
        "coupon.issued": coupons.CouponIssued,
        "coupon.used": coupons.CouponUsed,
        "coupon.returned": coupons.CouponReturned,
        "till.code_issued": loyalty.TillCodeIssued,
        "points.adjusted": loyalty.PointsAdjusted,
        "referral.code_issued": referrals.ReferralCodeIssued,
        "referral.changed": referrals.ReferralChanged,
        "referral.reported": referrals.ReferralReported,
        "draw.held": draws.DrawHeld,
        "draw.won": draws.DrawWon,
    },
    topics.CHURN_EVENTS: {
        "band.crossed": churn.BandCrossed,
        "band.left": churn.BandLeft,
        "band.restated": churn.BandRestated,
        "lifecycle.changed": churn.LifecycleChanged,
        "customer.won_back": churn.CustomerWonBack,
        "stage.changed": churn.StageChanged,
        "segment.entered": churn.SegmentEntered,
        "segment.left": churn.SegmentLeft,
        "segment.changed": churn.SegmentChanged,
        "segment.lines_fitted": churn.LinesFitted,
        "horizon.changed": churn.HorizonChanged,
    },
    topics.NOTIFY_EVENTS: {
        "message.sent": notify.MessageDecided,
        "message.refused": notify.MessageDecided,
        "message.unknown": notify.MessageDecided,
        "message.withheld": notify.MessageDecided,
        "consent.changed": notify.ConsentChanged,
        "journey.changed": notify.JourneyChanged,
    },
}

TYPES: MappingProxyType[str, type[Struct]] = MappingProxyType(
    {type_: data for types in _BY_TOPIC.values() for type_, data in types.items()}
)
_TOPICS = {type_: topic for topic, types in _BY_TOPIC.items() for type_ in types}

ORDER_TYPES = frozenset(
    {"order.placed", "order.paid", "order.updated", "order.cancelled", "refund.issued", "order.moved"}
)
# All that name an order. A delivery says nothing about what the order is worth.
ABOUT_ORDERS = ORDER_TYPES | {"order.delivered"}
# What a customer has signed up for, or tries.
CONTRACT_TYPES = frozenset(type_ for type_ in _TOPICS if type_.startswith(("subscription.", "trial.")))
# What a club that moves in brings along.
OPENING_TYPES = frozenset({"points.opened", "tier.granted"})
# What says that two customers are one, or no longer; the library applies them.
MERGED = "customer.merged"
SPLIT = "customer.split"
IDENTITY_TYPES = frozenset({MERGED, SPLIT})
# What says that nothing of a customer may be kept, or that they may come again; the library applies these as well.
ERASED = "customer.erased"
READMITTED = "customer.readmitted"
ERASURE_TYPES = frozenset({ERASED, READMITTED})
# Written as a record without a value.
TOMBSTONE = "contact.erased"
# What a browser does by itself. The other interactions say something about a customer that only a proof makes credible.
VISIT_TYPES = frozenset({"product.viewed", "product.searched", "cart.updated", "checkout.started"})
INTERACTION_TYPES = frozenset(type_ for type_, data in TYPES.items() if data is ingest.Interaction) | frozenset(
    {"review.submitted", "survey.responded", "ticket.opened", "ticket.closed"}
)


def data_type(type_: str) -> type[Struct]:
    """The struct of an event type's data; raises ``KeyError`` for an unknown type."""
    return TYPES[type_]


def topic_of(type_: str) -> str:
    """The topic that carries an event type; raises ``KeyError`` for an unknown type."""
    return _TOPICS[type_]


def types_of(topic: str) -> frozenset[str]:
    """Every event type that a topic carries."""
    return frozenset(_BY_TOPIC[topic])
