"""Mail addresses and phone numbers: the one grammar of what is accepted, stored and sent to."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import idna
import phonenumbers

from mandegar.events.written import plain_id, trimmed

# RFC 5321, section 4.5.3.1, in octets of the form that is sent.
LOCAL_PART_MAX = 64
ADDRESS_MAX = 254
# E.164 has at most 15 digits; the rest is room for separators.
PHONE_TEXT_MAX = 40

_ASCII_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_ATOM = r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# Old providers gave away local parts with dots at the ends or in a row. They are sent as quoted strings.
_DOTTED = re.compile(rf"\.*{_ATOM}(?:\.+{_ATOM})*\.*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$)[a-z0-9][a-z0-9-]{{0,61}}[a-z0-9]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class InvalidAddress(ValueError):
    """A text is no address. ``code`` is stable; ``reason`` says what is wrong, without quoting the text."""

    def __init__(self, noun: str, code: str, reason: str) -> None:
        super().__init__(f"not a {noun}")
        self.code, self.reason = code, reason


class MailAddress(NamedTuple):
    """The parts of a mail address as SMTP and headers carry them: ASCII, the domain in punycode."""

    local_part: str
    domain: str

    @property
    def wire(self) -> str:
        """The address as it is sent; a local part that is no dot-atom is a quoted string."""
        local = self.local_part if _DOT_ATOM.fullmatch(self.local_part) else f'"{self.local_part}"'
        return f"{local}@{self.domain}"


@lru_cache(maxsize=20_000)  # an address is parsed several times for one event, and customers return
def parse_address(text: str) -> MailAddress:
    """The parts of an address without white space around it; raises ``InvalidAddress``."""
    if len(text) > ADDRESS_MAX:
        raise _invalid("too_long", f"it has more than {ADDRESS_MAX} characters")
    local, at, domain = text.rpartition("@")
    if not at:
        raise _invalid("no_at_sign", "it has no @")
    if "@" in local:
        raise _invalid("several_at_signs", "it has more than one @")
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = local[1:-1]
    # Mail software decodes encoded words (=?...?=) even where they are not allowed.
    if not _DOTTED.fullmatch(local) or "=?" in local:
        raise _invalid(
            "bad_local_part", "the part before the @ needs ASCII letters, digits, dots or !#$%&'*+-/=?^_{|}~"
        )
    address = MailAddress(local, _domain(domain))
    if len(address.wire) - len(address.domain) - 1 > LOCAL_PART_MAX:
        raise _invalid("too_long", f"the part before the @ has more than {LOCAL_PART_MAX} characters")
    if len(address.wire) > ADDRESS_MAX:
        raise _invalid("too_long", f"with its domain in ASCII it has more than {ADDRESS_MAX} characters")
    return address


def normalise_email(text: str) -> str:
    """A mail address, trimmed and in lower case; its domain may be internationalised. Raises ``InvalidAddress``.

    Marks that nobody sees and that copied text brings along at its ends are no part of it.
    """
    address = trimmed(text).lower()
    parse_address(address)
    return address


def canonical_address(address: str) -> str:
    """One spelling for an address that was normalised before: a mail domain in ASCII. Other texts stay as they are."""
    if "@" not in address:
        return address
    try:
        return parse_address(address).wire.lower()
    except InvalidAddress:
        return address


def normalise_phone(text: str, region: str) -> str:
    """A phone number in E.164, read as dialled in ``region``; Persian and Arabic digits are accepted.

    Raises ``InvalidAddress`` if ``text`` is not a number that can be dialled from abroad.
    """
    if len(text) > PHONE_TEXT_MAX:
        raise _no_phone("too_long", f"it has more than {PHONE_TEXT_MAX} characters")
    number = parse_phone(text, region)
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or not _E164.fullmatch(phone):
        raise _no_phone("impossible_number", "there is no number with this country code and length")
    return phone


def contact_phone(text: str, region: str) -> str:
    """As ``normalise_phone``, for a number to be reached at: one that its country's numbering plan knows.

    Raises ``InvalidAddress`` also for numbers of a possible length with a beginning that no number has.
    """
    phone = normalise_phone(text, region)
    if not phonenumbers.is_valid_number(phonenumbers.parse(phone)):
        raise _no_phone("unassigned_number", "no number of this country begins like that with this length")
    return phone


def can_receive_sms(phone: str) -> bool:
    """Whether an E.164 number is one of a mobile phone, or of either kind where numbers do not tell (as in the USA).

    False for landlines, for numbers with a price or a service of their own, and for numbers that nobody has.
    """
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return False
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def parts_of_phone(phone: str) -> tuple[int, str]:
    """The country code of an E.164 number, and its digits within the country."""
    number = phonenumbers.parse(phone)
    return number.country_code or 0, phonenumbers.national_significant_number(number)


def parse_phone(text: str, region: str) -> phonenumbers.PhoneNumber:
    """What ``text`` says as a number dialled in ``region``, possible or not; raises ``InvalidAddress``."""
    digits = ascii_digits(plain_id(text))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    try:
        return phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as error:
        raise _no_phone("unreadable_number", "it is not written as a phone number") from error


def ascii_digits(text: str) -> str:
    """``text`` with Persian and Arabic digits replaced."""
    return text.translate(_ASCII_DIGITS)


def _domain(text: str) -> str:
    """The domain in ASCII; raises ``InvalidAddress`` unless it is a host name of at least two labels."""
    domain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    domain = domain.lower()
    if "." not in domain:
        raise _invalid("bad_domain", "the domain has no dot")
    if "" in domain.split("."):
        raise _invalid("bad_domain", "the domain has a dot at an end, or two in a row")
    if not domain.isprintable():
        raise _invalid("bad_domain", "the domain has an invisible character")
    if not domain.isascii() or "xn--" in domain:
        try:
            domain = idna.encode(domain, std3_rules=True).decode()
        except idna.IDNAError:
            raise _invalid("bad_domain", "the domain is not a valid internationalised name") from None
    if not _DOMAIN.fullmatch(domain):
        raise _invalid("bad_domain", "the domain must be a host name such as example.com")
    return domain


def _invalid(code: str, reason: str) -> InvalidAddress:
    return InvalidAddress("mail address", code, reason)


def _no_phone(code: str, reason: str) -> InvalidAddress:
    return InvalidAddress("phone number", code, reason)
