"""Numbers and words in files: in any digits, with separators, in English and Persian."""

import re
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from ingest.domain.documents import Number
from ingest.domain.file_rows.row_error import WrongValue
from ingest.domain.file_rows.targets import ARABIC_LETTERS
from ingest.domain.order_status import order_status
from mandegar.events.written import trimmed
from mandegar.events.written_number import Mark, plain_number
from mandegar.quantities import NUMBER_FORM, decimal_of, whole_of

Consent = Literal["granted", "withdrawn"]
Status = Literal["open", "paid", "cancelled", "refunded"]

_AMBIGUOUS = "can be read as thousands or as a fraction; say which mark stands before fractions: decimal_mark is . or ,"
_NUMBER = f"must be a number: digits, separators of thousands and one decimal mark, without a unit ({NUMBER_FORM})"
_BETWEEN = re.compile(r"[\s\u200c_-]+")
_YES = "yes y true t 1 on بله بلی آری درست"
_NO = "no n false f 0 off خیر نه نادرست"
_CONSENTS = MappingProxyType(
    dict.fromkeys(
        f"{_YES} granted subscribed subscribe opted_in optin opt_in accepted consented عضو موافق".split(), "granted"
    )
    | dict.fromkeys(
        f"""{_NO} withdrawn denied unsubscribed unsubscribe opted_out optout opt_out not_subscribed never_subscribed
        nonsubscribed cleaned bounced complained suppressed redacted لغو مخالف لغو_عضویت غیر_عضو""".split(),
        "withdrawn",
    )
)
_BOOLEANS = MappingProxyType(dict.fromkeys(_YES.split(), True) | dict.fromkeys(_NO.split(), False))
# As WooCommerce shows them in Persian; the words of platforms in English are those of the doors.
_PERSIAN_STATUSES: dict[str, Status] = {
    "در_انتظار_پرداخت": "open", "در_انتظار_بررسی": "open", "در_انتظار": "open", "پیش_نویس": "open",
    "در_حال_انجام": "paid", "در_حال_پردازش": "paid", "تکمیل_شده": "paid", "تکمیل": "paid", "پرداخت_شده": "paid",
    "ارسال_شده": "paid", "تحویل_شده": "paid", "تحویل_داده_شده": "paid",
    "لغو_شده": "cancelled", "لغو": "cancelled", "ناموفق": "cancelled", "منقضی_شده": "cancelled",
    "مسترد_شده": "refunded", "مسترد": "refunded", "مرجوع_شده": "refunded", "مرجوعی": "refunded",
}  # fmt: skip
STATUSES: tuple[Status, ...] = ("open", "paid", "cancelled", "refunded")


def plain_word(text: str) -> str:
    """A word as it is compared: without case, spacing, half-spaces, and differences between Arabic and Persian."""
    return _BETWEEN.sub("_", trimmed(text).translate(ARABIC_LETTERS).casefold()).strip("_")


def number_of(text: str, mark: Mark | None) -> Decimal:
    """The number in a text; ``mark`` stands before its fraction. Raises ``WrongValue``.

    Without a ``mark`` the text has to tell: ``1,234`` may be either. A JSON number says what it is.
    """
    if isinstance(text, Number):
        return _decimal(text)
    plain = trimmed(text)
    if mark is not None:
        read = plain_number(plain, mark)
        if read is None:
            other: Mark = "," if mark == "." else "."
            hint = f"; it seems to have {other} before its fraction" if plain_number(plain, other) is not None else ""
            raise WrongValue("bad_amount", _NUMBER + hint)
        return _decimal(read)
    point, comma = plain_number(plain, "."), plain_number(plain, ",")
    if point is not None and comma is not None and _decimal(point) != _decimal(comma):
        raise WrongValue("ambiguous_amount", _AMBIGUOUS)
    return _decimal(point or comma)


def _decimal(text: str | None) -> Decimal:
    try:
        return decimal_of(text or "")
    except ValueError:
        raise WrongValue("bad_amount", _NUMBER) from None


def whole_number_of(text: str, mark: Mark | None) -> int:
    """The whole number in a text, which has separators of thousands at most; raises ``WrongValue``."""
    number = number_of(text, mark)
    if number != number.to_integral_value():
        raise WrongValue("bad_number", "must be a whole number")
    return whole_of(f"{number:f}".partition(".")[0])


def consent_of(text: str) -> Consent:
    """Whether a word grants consent or withdraws it; raises ``WrongValue``."""
    consent = _CONSENTS.get(plain_word(text))
    if consent is None:
        raise WrongValue("bad_consent", "must be granted or withdrawn, yes or no, subscribed or unsubscribed, or empty")
    return "granted" if consent == "granted" else "withdrawn"


def boolean_of(text: str) -> bool:
    """Yes or no; raises ``WrongValue``."""
    value = _BOOLEANS.get(plain_word(text))
    if value is None:
        raise WrongValue("bad_value", "must be yes or no, true or false, 1 or 0")
    return value


def status_of(text: str, statuses: MappingProxyType[str, Status]) -> Status:
    """What the word of a platform comes to; ``statuses`` are those that the shop explains. Raises ``WrongValue``."""
    word = plain_word(text)
    status = statuses.get(word) or _PERSIAN_STATUSES.get(word) or order_status(word)
    for known in STATUSES:
        if status == known:
            return known
    raise WrongValue(
        "unknown_status",
        "is not a known status of an order; say what the word means: statuses maps it to open, paid, cancelled or "
        "refunded",
    )
