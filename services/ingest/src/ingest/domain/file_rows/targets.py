"""What a column of a file can mean, by the kind of the file, and the names under which columns are recognised."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from mandegar.events.addresses import ascii_digits
from mandegar.events.written import trimmed

Kind = Literal["customers", "orders", "points", "messages", "coupons"]
Form = Literal[
    "id", "text", "instant", "end", "day", "amount", "quantity", "points", "version", "currency", "consent", "boolean",
    "status", "items", "words",
]  # fmt: skip

# Attributes of customers are named by their own names behind it.
ATTRIBUTE = "attributes."
_SEPARATORS = re.compile(r"[\s\u200c_.:/()-]+")
ARABIC_LETTERS = str.maketrans({"ي": "ی", "ك": "ک", "ۀ": "ه", "ة": "ه"})


@dataclass(frozen=True, slots=True)
class Target:
    """A meaning that a column can have. ``names`` are those under which it is recognised besides its own."""

    form: Form
    about: str
    names: tuple[str, ...] = ()


def _target(form: Form, about: str, *names: str) -> Target:
    return Target(form, about, tuple(plain_name(name) for name in names))


def plain_name(name: str) -> str:
    """A name of a column as it is compared: without case, spacing and separators."""
    return _SEPARATORS.sub("", ascii_digits(trimmed(name)).translate(ARABIC_LETTERS).casefold())


_CUSTOMER = {
    "customer_id": _target(
        "id", "the shop's id of the customer", "customer", "user id", "userid", "client id", "member id",
        "customer number", "customer user", "شناسه مشتری", "کد مشتری", "شماره مشتری", "مشتری",
    ),
    "email": _target(
        "text", "mail address", "e-mail", "mail", "email address", "customer email", "billing email", "ایمیل",
        "پست الکترونیک", "رایانامه", "آدرس ایمیل",
    ),
    "phone": _target(
        "text", "phone number", "mobile", "mobile number", "cell phone", "customer phone",
        "billing phone", "موبایل", "شماره موبایل", "تلفن", "شماره تلفن", "تلفن همراه", "شماره همراه", "شماره تماس",
    ),
}  # fmt: skip
_POINTS = {
    "points": _target("points", "points of a lot", "balance", "points balance", "امتیاز", "امتیازات", "مانده امتیاز"),
    "points_expire": _target(
        "end", "when they expire; a day is meant to its end", "expires at", "expiry", "points expiry",
        "points expire at", "expires", "expiry date", "تاریخ انقضا", "انقضا", "انقضای امتیاز",
    ),
    "points_earned": _target(
        "instant", "when they were earned", "earned at", "points earned at", "تاریخ کسب", "تاریخ کسب امتیاز"
    ),
    "lot_id": _target("id", "the id of the lot in the other club", "lot", "شناسه امتیاز", "کد امتیاز"),
}  # fmt: skip
_CUSTOMERS = {
    **_CUSTOMER,
    "customer_id": _target("id", _CUSTOMER["customer_id"].about, "id", *_CUSTOMER["customer_id"].names, "شناسه"),
    "name": _target("text", "name", "full name", "customer name", "display name", "نام", "نام کامل", "نام مشتری",
                    "نام و نام خانوادگی"),
    "first_name": _target("text", "first name", "firstname", "نام کوچک"),
    "last_name": _target("text", "last name", "lastname", "surname", "نام خانوادگی", "فامیلی"),
    "locale": _target("text", "language and region, such as fa-IR", "language", "زبان"),
    "zone": _target("text", "time zone, such as Asia/Tehran", "timezone", "time zone", "منطقه زمانی"),
    "birthday": _target("day", "day of birth", "birth date", "date of birth", "dob", "birthdate", "تاریخ تولد", "تولد"),
    "joined_at": _target(
        "instant", "when they became a customer", "join date", "date joined", "joined", "signed up", "signup date",
        "sign up date", "registered", "registered at", "registration date", "date registered", "created at", "created",
        "member since", "customer since", "تاریخ عضویت", "تاریخ ثبت نام", "عضویت",
    ),
    "updated_at": _target("instant", "as of when the row holds; default: as_of, else now", "modified at",
                          "last modified", "تاریخ به روزرسانی"),
    "email_consent": _target(
        "consent", "consent to marketing by mail", "accepts email marketing", "accepts marketing", "newsletter",
        "email marketing", "email opt in", "email subscribed", "email marketing consent", "رضایت ایمیل", "خبرنامه",
    ),
    "email_consent_at": _target("instant", "when it was given or withdrawn", "email consent date", "email opt in at",
                                "email consent updated at", "تاریخ رضایت ایمیل"),
    "email_consent_method": _target("text", "how, such as checkout or form", "email consent source", "روش رضایت ایمیل"),
    "sms_consent": _target(
        "consent", "consent to marketing by SMS", "accepts sms marketing", "sms marketing", "sms opt in",
        "sms subscribed", "sms marketing consent", "رضایت پیامک", "رضایت پیامکی", "پیامک تبلیغاتی",
    ),
    "sms_consent_at": _target("instant", "when it was given or withdrawn", "sms consent date", "sms opt in at",
                              "sms consent updated at", "تاریخ رضایت پیامک"),
    "sms_consent_method": _target("text", "how, such as checkout or form", "sms consent source", "روش رضایت پیامک"),
    **_POINTS,
    "tier": _target("text", "name of a tier of the programme", "level", "loyalty tier", "سطح", "سطح وفاداری", "رده"),
    "tier_until": _target("end", "until when it is theirs at least; a day is meant to its end", "tier expires",
                          "tier expiry", "tier expires at", "انقضای سطح", "اعتبار سطح"),
}  # fmt: skip
_ORDERS = {
    "order_id": _target(
        "id", "the shop's id of the order", "order", "order #", "order number", "order no", "order key", "name",
        "invoice id", "invoice number", "شماره سفارش", "شناسه سفارش", "کد سفارش", "سفارش", "شماره فاکتور",
    ),
    **_CUSTOMER,
    "paid_at": _target("instant", "when it was paid", "date paid", "paid date", "payment date", "paid on",
                       "تاریخ پرداخت", "زمان پرداخت"),
    "placed_at": _target(
        "instant", "when it was placed", "created at", "date", "order date", "date created", "ordered at", "placed on",
        "purchase date", "time", "تاریخ", "تاریخ سفارش", "تاریخ ثبت", "زمان سفارش", "تاریخ خرید",
    ),
    "total": _target(
        "amount", "total before refunds", "order total", "grand total", "amount", "total price", "total amount",
        "مبلغ", "مبلغ کل", "جمع کل", "مبلغ سفارش", "قیمت کل", "مجموع",
    ),
    "currency": _target("currency", "currency of the amounts", "order currency", "currency code", "ارز", "واحد پول",
                        "واحد"),
    "status": _target(
        "status", "status of the order, default: paid", "order status", "financial status", "payment status", "وضعیت",
        "وضعیت سفارش", "وضعیت پرداخت",
    ),
    "cancelled_at": _target("instant", "when it was cancelled", "canceled at", "cancellation date", "تاریخ لغو"),
    "version": _target("version", "rises with each change of the order", "order version", "نسخه"),
    "refunded": _target("amount", "sum of what was paid back", "refunded amount", "refund amount", "amount refunded",
                        "total refunded", "refund", "مبلغ بازگشتی", "مبلغ مسترد شده", "مبلغ مرجوعی"),
    "refunded_at": _target("instant", "when it was paid back; default: the time of the order", "refund date",
                           "date refunded", "تاریخ بازگشت", "تاریخ استرداد"),
    "refund_id": _target("id", "the shop's id of the refund; default: made from the order's", "شناسه بازگشت"),
    "coupons": _target("words", "codes of coupons, separated by commas", "coupon", "coupon code", "coupon codes",
                       "discount code", "discount codes", "کد تخفیف", "کوپن"),
    "items": _target("items", "lines of the order, as a list in JSON lines", "line items", "lineitems"),
    "product_id": _target("id", "product of a line of the order", "product", "item id", "lineitem product id",
                          "شناسه محصول", "کد محصول", "شناسه کالا"),
    "sku": _target("id", "SKU of a line of the order", "lineitem sku", "item sku", "product sku", "کد کالا"),
    "quantity": _target("quantity", "quantity of the line; default: 1", "qty", "lineitem quantity", "item quantity",
                        "تعداد"),
    "unit_price": _target("amount", "price of one", "lineitem price", "item price", "price", "item cost", "قیمت واحد",
                          "فی", "قیمت"),
    "category": _target("text", "category of the line", "product category", "item category", "دسته بندی", "دسته"),
}  # fmt: skip
_MESSAGES = {
    **_CUSTOMER,
    "message_id": _target("id", "the other system's id of the message", "id", "message", "شناسه پیام"),
    "channel": _target("text", "email or sms", "type", "کانال", "نوع"),
    "sent_at": _target("instant", "when it was sent", "sent", "date sent", "time", "date", "تاریخ ارسال", "تاریخ"),
    "marketing": _target("boolean", "whether it was marketing; default: yes", "is marketing", "تبلیغاتی"),
    "journey": _target("text", "the journey of notify for which it stood", "campaign", "کمپین"),
}  # fmt: skip
_COUPONS = {
    **_CUSTOMER,
    "code": _target("text", "code of the coupon", "coupon", "coupon code", "discount code", "voucher", "gift code",
                    "کد", "کد تخفیف", "کوپن"),
    "amount": _target("amount", "what it takes off; or percent, or free_shipping", "value", "discount amount",
                      "coupon amount", "مبلغ", "مبلغ تخفیف"),
    "percent": _target("quantity", "the percentage that it takes off", "percentage", "discount percent", "درصد",
                       "درصد تخفیف"),
    "at_most": _target("amount", "the most that the percentage takes off", "maximum discount", "max discount",
                       "سقف تخفیف", "حداکثر تخفیف"),
    "minimum_spend": _target("amount", "least total of an order for which it can be used", "minimum amount",
                             "minimum spend", "minimum order", "حداقل خرید", "حداقل مبلغ"),
    "currency": _target("currency", "currency of the amounts", "currency code", "ارز", "واحد پول", "واحد"),
    "free_shipping": _target("boolean", "whether it takes off the shipping", "free delivery", "ارسال رایگان"),
    "expires_at": _target("end", "when it expires; a day is meant to its end", "expires", "expiry", "expiry date",
                          "expiration date", "date expires", "valid until", "تاریخ انقضا", "انقضا", "اعتبار تا"),
    "reward": _target("id", "what it was given for, as a word of the shop", "campaign", "کمپین"),
}  # fmt: skip
TARGETS: Mapping[Kind, Mapping[str, Target]] = MappingProxyType(
    {
        "customers": _CUSTOMERS,
        "orders": _ORDERS,
        "points": {**_CUSTOMER, **_POINTS},
        "messages": _MESSAGES,
        "coupons": _COUPONS,
    }
)
# Of each group one column at least.
REQUIRED: Mapping[Kind, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "customers": (("customer_id", "email", "phone"),),
        "orders": (("order_id",), ("customer_id", "email", "phone"), ("paid_at", "placed_at"), ("total",)),
        "points": (("customer_id", "email", "phone"), ("points",)),
        "messages": (("customer_id", "email", "phone"), ("message_id",), ("channel",), ("sent_at",)),
        "coupons": (("customer_id", "email", "phone"), ("code",), ("amount", "percent", "free_shipping")),
    }
)
# What tells one line of an order from another. Consecutive rows of one order are one order if a file has them.
OF_A_LINE = ("product_id", "sku", "quantity", "unit_price", "category")
