"""What each field of an event's form means. A test compares the names with the forms that doors read."""

from types import MappingProxyType

from ingest.domain import forms
from ingest.domain.acts import SURVEY_RANGE
from ingest.domain.consents import CHANNELS
from ingest.domain.patches import STATUSES
from ingest.domain.profile import ATTRIBUTES_MAX
from ingest.domain.sentiment import LENGTH_MAX
from ingest.doors.catalogue.contract_texts import CONTRACTS
from ingest.doors.catalogue.field import CURRENCY, Field

_ORDER_ID = Field("The shop's id of the order", {"examples": ["o-1001"]})
_VERSION = Field(
    "Number that grows with each change of the order; leave it out if there is none: then the time of the event tells "
    "which is newer"
)
_ORDER_STATUS = Field(
    "Status of the order in the words of its platform, such as processing, completed, cancelled or refunded. One that "
    "says paid counts as the payment, one that ends the order as a cancellation. An unknown one is left out",
    {"examples": ["processing"]},
)
_REASON = Field("A short code, such as out_of_stock; other services do not receive free text")
_CATEGORY = Field("Name of the category, at most 200 characters")
_TEXT = Field(
    f"What the customer wrote, in Persian or English. A number from -1 (complaint) to 1 (praise) is computed from its "
    f"first {LENGTH_MAX} characters and published; the text stays in the history of events until the customer is erased"
)
_IN_THE_TOTAL = "it is a part of the total"
_CHANNEL = {"enum": list(CHANNELS)}
_STATUS = {"enum": list(STATUSES)}
_CONSENT: dict[str, Field] = {
    "status": Field("`granted` allows marketing on the channel, the others forbid it", _STATUS),
    "at": Field(
        "When it was given or withdrawn; defaults to the time of the event. Without it the consent of a customer is a "
        "flag, which never grants what a dated statement withdrew",
        {"format": "date-time"},
    ),
    "method": Field(
        "How it was given or withdrawn: a code such as checkout_box, of at most 64 letters, digits and _.:-"
    ),
}
_PLACE = {
    "channel": Field("Where it was done, such as web, app or till", {"examples": ["app"]}),
    "branch": Field("In which branch it was done", {"examples": ["vanak"]}),
}
_SUBJECT = "What it was about. The first of subject_id, product_id, cart_id and checkout_id that is given is kept"

FIELDS: MappingProxyType[type, dict[str, Field]] = MappingProxyType(
    {
        forms.OrderForm: {
            "order_id": _ORDER_ID,
            "total": Field("What the customer pays for the order, as text or number", {"examples": ["12500000"]}),
            "currency": CURRENCY,
            "version": _VERSION,
            "items": Field("The lines of the order. An odd one is left out with a note, and the total counts"),
            "coupons": Field("Codes that were used, at most 50"),
            "status": _ORDER_STATUS,
            "channel": Field("Where it was bought, such as web, app or till", {"examples": ["web"]}),
            "branch": Field("In which branch it was bought", {"examples": ["vanak"]}),
            "discount": Field("What was taken off the prices: it is no part of the total", {"examples": ["500000"]}),
            "shipping": Field(f"What delivery costs: {_IN_THE_TOTAL}"),
            "tax": Field(f"Tax: {_IN_THE_TOTAL}"),
            "gift_cards": Field(f"What was paid with gift cards: {_IN_THE_TOTAL}"),
            "referral_code": Field(
                "The personal code by which the customer came, as `referral.claimed` says it. A wrong one is left out "
                "with a note",
                {"examples": ["JPF-CMR-TQT"]},
            ),
            "payment_id": Field(
                "What stands for the card or account that paid: published as a hash, and compared with that of whoever "
                "referred the customer"
            ),
            "address_id": Field("What stands for the address of the delivery, or the address itself: as payment_id"),
        },
        forms.DeliveryForm: {"order_id": _ORDER_ID},
        forms.ItemForm: {
            "product_id": Field("The shop's id of the product; required unless there is a sku"),
            "sku": Field("The shop's stock keeping unit, if there is no product_id"),
            "quantity": Field("How many"),
            "unit_price": Field("Price of one"),
            "category": _CATEGORY,
            "gift_card": Field("Whether a gift card was bought"),
        },
        forms.CancellationForm: {
            "order_id": _ORDER_ID,
            "version": _VERSION,
            "reason": _REASON,
            "cancelled_by": Field(
                "Who ended it: `customer`, `shop`, `fraud` or `other`, or a word of platforms such as merchant. "
                "An unknown one is left out with a note",
                {"examples": ["shop"]},
            ),
        },
        forms.RefundForm: {
            "refund_id": Field(
                "The shop's id of the refund; the same id again corrects the amount", {"examples": ["r-1"]}
            ),
            "order_id": _ORDER_ID,
            "amount": Field("What was given back", {"examples": ["500000"]}),
            "currency": CURRENCY,
            "reason": _REASON,
        },
        forms.OpeningForm: {
            "lot_id": Field(
                "The shop's id of these points, another one for each customer and expiry; the same id again, with a "
                "later `time`, corrects them",
                {"examples": ["l-7"]},
            ),
            "points": Field("Whole points that are left, at most 10^15; 0 takes them back", {"examples": [1200]}),
            "earned_at": Field("When they were earned", {"format": "date-time"}),
            "expires_at": Field(
                "When they expire: an instant, or the last day on which they can be used; left out, they do not expire",
                {"examples": ["2027-03-20"]},
            ),
        },
        forms.TierGrantForm: {
            "tier": Field(
                "Name of a level of the shop's programme. A level whose name has other characters than letters of "
                "ASCII, digits, hyphens and underscores is named by its place in the programme: 1 for the first",
                {"examples": ["gold"]},
            ),
            "until": Field(
                "When it ends: an instant, or the last day. A later event with the same tier replaces this one",
                {"examples": ["2027-03-20"]},
            ),
        },
        forms.CouponForm: {
            "code": Field("Its code, which loyalty knows again however it is typed", {"examples": ["NOWRUZ-7Q4K"]}),
            "reward": Field("What it was given for, as a word of yours; left out: opened", {"examples": ["welcome"]}),
            "amount": Field("What it takes off; or percent, or free_shipping", {"examples": ["500000"]}),
            "percent": Field("The percentage that it takes off", {"examples": [10]}),
            "at_most": Field("The most that the percentage takes off"),
            "minimum_spend": Field("The least total of an order for which it can be used"),
            "currency": CURRENCY,
            "free_shipping": Field("True: it takes off the shipping"),
            "expires_at": Field(
                "When it expires: an instant, or the last day on which it can be used; left out, it does not expire",
                {"examples": ["2027-03-20"]},
            ),
        },
        forms.InteractionForm: {
            "subject_id": Field(_SUBJECT),
            "product_id": Field("The product"),
            "cart_id": Field("The cart"),
            "checkout_id": Field("The checkout"),
            "value": Field("An amount, such as the value of the cart"),
            "currency": Field("Currency of value; defaults to that of the shop"),
            "category": _CATEGORY,
            **_PLACE,
        },
        forms.ReviewForm: {
            "product_id": Field("The product that was rated"),
            "rating": Field("From 0 to rating_scale"),
            "rating_scale": Field("The best rating"),
            "text": _TEXT,
            **_PLACE,
        },
        forms.SurveyForm: {
            "survey_id": Field("The shop's id of the survey"),
            "kind": Field("What was asked", {"enum": sorted(SURVEY_RANGE)}),
            "score": Field("From `scale_min` to `scale_max`"),
            "scale_min": Field("The lowest score of the scale, 0 without it", {"examples": [1]}),
            "scale_max": Field(
                "The highest score, without it 10 for nps and 100 for csat and ces. The score is published on these",
                {"examples": [5]},
            ),
            "text": _TEXT,
            **_PLACE,
        },
        forms.TicketForm: {
            "ticket_id": Field("The shop's id of the ticket"),
            "category": _CATEGORY,
            "priority": Field("Name of the priority, at most 200 characters"),
            "text": _TEXT,
        },
        forms.TicketAnswerForm: {
            "ticket_id": Field("The shop's id of the ticket"),
            "at": Field("When it was answered; defaults to the time of the event", {"format": "date-time"}),
        },
        forms.PromiseForm: {
            "promise_id": Field("The shop's id of the promise", {"examples": ["q-1"]}),
            "kind": Field(
                "What was promised, in a word of yours: delivery, refund, call_back; letters a-z, digits and `_`",
                {"examples": ["delivery"]},
            ),
            "due_at": Field("Until when: an instant, or the last day", {"examples": ["2026-11-24"]}),
            "order_id": Field("The order that it is about; `order.delivered` of it keeps a promise of a delivery"),
        },
        forms.PromiseEndForm: {
            "promise_id": Field("The shop's id of the promise"),
            "at": Field("When it was kept or broken; defaults to the time of the event", {"format": "date-time"}),
        },
        **CONTRACTS,
        forms.ActForm: {
            "act": Field(
                "Name of the act: letters a-z, digits, `-` and `_`; the programme says what it earns",
                {"examples": ["story-shared"], "pattern": "^[a-z0-9][a-z0-9_-]{0,59}$"},
            ),
            "subject_id": Field(
                "What it was done with, such as a post: the same act with the same subject counts once. Without it "
                "each event counts"
            ),
            **_PLACE,
        },
        forms.ReferralForm: {
            "code": Field(
                "The personal code of the other customer, in any case, with or without hyphens. The first one that a "
                "customer comes by counts, before their first order",
                {"examples": ["JPF-CMR-TQT"]},
            ),
        },
        forms.MessageForm: {
            "message_id": Field(
                "The other system's id of the message. The same id again corrects what was sent before: of one "
                "customer the event with the later time stands",
                {"examples": ["news-2026-11"]},
            ),
            "channel": Field("Over which channel", _CHANNEL),
            "marketing": Field(
                "Whether it was marketing, which the cap counts; false for receipts, codes and the like"
            ),
            "journey": Field(
                "Name of the journey here whose message it was, if it is to count for the cooldown of that journey",
                {"examples": ["at_risk_offer"]},
            ),
        },
        forms.ConsentChangeForm: {"channel": Field("Of which channel", _CHANNEL), **_CONSENT},
        forms.ConsentForm: _CONSENT,
        forms.IdentifiedForm: {
            "anonymous_id": Field("A browser's id under which the customer acted before", {"examples": ["b-7"]}),
            "email": Field("Mail address under which the customer acted as a guest before"),
            "phone": Field("Phone number under which the customer acted as a guest before"),
        },
        forms.CustomerForm: {
            "id": Field("The shop's id of the customer, under which all reads find them", {"examples": ["c-42"]}),
            "anonymous_id": Field(
                "A browser's id. It identifies a visitor without id, email and phone; beside an id it says that the "
                "customer used this browser, whose past is then theirs"
            ),
            "email": Field("Mail address. Without an id it identifies the customer as a guest"),
            "phone": Field(
                "Phone number, national or with its country code. Without id and email it identifies a guest"
            ),
            "name": Field("Name by which messages address the customer"),
            "locale": Field("BCP 47 language tag: language, script and region are kept", {"examples": ["fa-IR"]}),
            "zone": Field("IANA time zone", {"examples": ["Asia/Tehran"]}),
            "birthday": Field("Date of birth", {"format": "date"}),
            "consent": Field(
                "Consent to marketing by channel, `email` or `sms`: true, false, a status, or an object. Each is read "
                "by itself: one that cannot be read is left out with a note",
                {"examples": [{"email": True, "sms": {"status": "withdrawn", "at": "2026-11-01T09:00:00Z"}}]},
            ),
            "attributes": Field(
                f"Up to {ATTRIBUTES_MAX} further values by name. Other services receive those that the settings of the "
                "shop declare (`PUT /v1/shops/{shop}`), if the value is of the declared type; the others stay in the "
                "history of events, and the answer names them"
            ),
            "proof": Field("From a browser source: proof that the visitor is this customer"),
        },
    }
)
