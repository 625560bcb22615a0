"""What each event type means."""

from types import MappingProxyType

MEANINGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "order.placed": "An order exists and is not paid yet",
        "order.paid": "An order is paid: it earns points and counts as a purchase",
        "order.updated": "An order that was sent before has changed; the data is the whole order as it is now",
        "order.delivered": "The customer has the order since `time`. Points that are held from the delivery on need it",
        "order.cancelled": "An order counts no more, until a later payment, status or version says that it stands",
        "refund.issued": "Money of an order was given back. The order keeps its total; refunds are subtracted from it",
        "points.opened": "Points that a customer brings along from another club; `time` is as of when they had them",
        "tier.granted": "A customer holds at least this tier until an instant, whatever they spend",
        "coupon.opened": "A customer brings along a coupon of another system, which can be used once",
        "product.viewed": "A customer looked at a product",
        "product.searched": "A customer searched",
        "cart.updated": "A customer changed a cart",
        "checkout.started": "A customer began to check out",
        "customer.logged_in": "A customer logged in",
        "customer.signed_up": "A customer signed up",
        "review.submitted": "A customer rated a product",
        "survey.responded": "A customer answered a survey",
        "ticket.opened": "A customer asked for support",
        "ticket.answered": "The shop answered a customer's request for support, for the first time",
        "ticket.closed": "A customer's request for support was settled",
        "promise.made": "The shop promised the customer something until an instant: a delivery, a refund, a call",
        "promise.kept": "The shop kept a promise. `order.delivered` keeps a promise of a delivery of the same order",
        "promise.broken": "The shop broke a promise. One that is not kept until it is due counts as broken by itself",
        "subscription.started": "A customer signed up for something that is renewed: a contract begins to run",
        "subscription.renewed": "A contract was renewed, or goes on at another price. It runs until its new end",
        "subscription.cancelled": "A contract was cancelled: it runs until the end that is stated, or that is paid for",
        "subscription.expired": "A contract was not renewed. One that is not renewed until its end counts so by itself",
        "trial.started": "A customer tries something, until an end",
        "trial.ended": "A trial ended, by becoming a contract or without. One that is not ended counts so at its end",
        "act.done": "A customer did something else that the shop rewards, and gives a name",
        "referral.claimed": "A customer came by the personal code of another one",
        "message.sent_elsewhere": "Another system sent the customer a message: it counts for caps and cooldowns, and "
        "is never sent here",
        "customer.updated": "The profile of a customer changed; a field that is null is cleared, one left out stays",
        "consent.changed": "A customer gave or withdrew consent to marketing on one channel",
        "customer.identified": "A browser or guest turned out to be this customer, to whom then belongs what they did",
    }
)
