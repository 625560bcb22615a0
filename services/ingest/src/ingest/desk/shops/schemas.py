"""Bodies of the shop routes."""

import re
from datetime import datetime
from typing import Annotated, Literal

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from ingest.desk.inputs import Input, Line, Zone
from ingest.desk.origins import Origins
from ingest.domain.attributes import NAME, READERS
from ingest.domain.event_time import EARLIEST
from ingest.domain.profile import ATTRIBUTES_MAX
from mandegar.events.addresses import ADDRESS_MAX, InvalidAddress, parse_address
from mandegar.events.identity import IdForm
from mandegar.web.paging import Instant

WORDS_MAX = 100


def _region(text: str) -> str:
    if text not in SUPPORTED_REGIONS:
        raise ValueError("must be an ISO 3166-1 country code, such as IR")
    return text


def _display_name(text: str) -> str:
    """The name stands beside the sender's address in every mail, so it must not look like another address."""
    if "<" in text or ">" in text or "=?" in text or re.search(r"[^\s@]@[^\s@]", text):
        raise ValueError("must be a name, without an address and without < > or =?")
    if "\u202d" in text or "\u202e" in text:
        raise ValueError("must not have characters that override the direction of text")
    return text


def _address(text: str) -> str:
    try:
        parse_address(text)
    except InvalidAddress as error:
        raise ValueError(f"must be a mail address: {error.reason}") from None
    return text


def _type_of_attribute(text: str) -> str:
    if text not in READERS:
        raise ValueError(f"must be {', '.join(READERS)}, or a list of the words that a value may be")
    return text


AttributeName = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
AttributeType = (
    Annotated[str, AfterValidator(_type_of_attribute)]
    | Annotated[list[Line], Field(min_length=1, max_length=WORDS_MAX)]
)
Attributes = Annotated[
    dict[AttributeName, AttributeType],
    Field(
        max_length=ATTRIBUTES_MAX,
        description="Attributes of customers that other services receive, each with its type: `number`, `boolean`, "
        "`date`, `word` (letters, digits, hyphens and underscores of ASCII), or the list of words that a value may be. "
        "Others stay in the history of events",
        examples=[{"level": ["gold", "silver"], "children": "number"}],
    ),
]


def _text(value: object) -> object:
    if value is not None and not isinstance(value, str | datetime):
        raise ValueError("must be an RFC 3339 time, such as 2026-11-22T10:00:00Z")
    return value


def _since_1970(instant: datetime) -> datetime:
    if instant < EARLIEST:
        raise ValueError("must not be before 1970")
    return instant


PointsFrom = Annotated[Annotated[Instant, AfterValidator(_since_1970)] | None, BeforeValidator(_text)]


class ShopSettings(Input):
    """Settings of a shop. A request contains all of them."""

    name: Annotated[
        Line,
        Field(description="Name of the shop as its customers know it", examples=["My shop"]),
        AfterValidator(_display_name),
    ]
    zone: Zone = Field(
        description="IANA time zone of the shop; event times without a zone are read in it", examples=["Asia/Tehran"]
    )
    currency: Annotated[
        str,
        Field(
            pattern="^[A-Z]{3}$",
            description="ISO 4217 currency of all amounts; fixed once the shop has orders",
            examples=["IRR"],
        ),
    ]
    locale: Annotated[
        str,
        Field(
            pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
            max_length=35,
            description="BCP 47 language tag for customers without a locale of their own",
            examples=["fa-IR"],
        ),
    ]
    phone_region: Annotated[
        str,
        Field(description="ISO 3166-1 country in which phone numbers without a country code are read", examples=["IR"]),
        AfterValidator(_region),
    ]
    sender_email: Annotated[
        str,
        Field(max_length=ADDRESS_MAX, description="From address of the shop's mail", examples=["shop@shop.example"]),
        AfterValidator(_address),
    ]
    sms_sender: Annotated[
        Line | Literal[""] | None,
        Field(
            description="Number or name from which the shop's SMS are sent. All lines belong to one account at the "
            "gateway, so only a token for all shops (`*`) changes it. Left out or null, it stays as it is. A new shop "
            "has none (an empty text): its SMS are sent from the installation's line, or wait if there is none",
            examples=["10004346"],
        ),
    ] = None
    origins: Origins = Field(
        default=[], description="Origins of web pages that may use tokens of the shop's customers in a browser"
    )
    keep_books: bool = Field(
        default=False,
        description="Whether amounts stay when a customer is erased, without the customer, because the shop's books "
        "need them. It counts for erasures from then on",
    )
    customer_ids: IdForm | None = Field(
        default=None,
        description="How ids of customers, orders and refunds are published. `pseudonyms`: as a keyed hash unless they "
        "look like ids that a machine gave; `hash_all`: of customers always as a hash; `as_sent`: as the shop sends "
        "them but for addresses, which only shops from before this setting should need. Left out, it stays as it is; "
        "of a new shop it is `pseudonyms`. Fixed once the shop has events. Every route takes the shop's own ids, "
        "whatever is published",
    )
    attributes: Attributes = Field(default={})
    points_from: PointsFrom = Field(
        default=None,
        description="Orders paid before this instant earn no points, because the club from which the shop moved has "
        "given them (`points.opened`); they count for tiers. A change corrects the points of all customers in the "
        "background. Left out, it stays as it is; null: all orders earn",
    )


class Shop(ShopSettings):
    """A shop with its settings."""

    # As stored: an earlier release accepted more than mail addresses and names.
    name: str = Field(description="Name of the shop as its customers know it")
    sender_email: str = Field(description="From address of the shop's mail")
    sms_sender: str = Field(description="Number or name from which the shop's SMS are sent; empty if it has none")
    customer_ids: IdForm = Field(description="How ids of customers, orders and refunds are published")
    shop: str = Field(description="Id of the shop")
    version: int = Field(description="Number of the current settings; each change adds one")
    sender_verified: bool = Field(
        description="Whether mail goes out from sender_email; see `POST /v1/shops/{shop}/sender/verify`"
    )


class DnsRecord(BaseModel):
    """A record that the shop adds to the DNS of its domain."""

    type: Literal["TXT"] = "TXT"
    name: str = Field(description="Full name of the record")
    value: str = Field(description="The whole text of the record")


class Sender(BaseModel):
    """The sender of a shop's mail, and the record that shows that the domain is the shop's."""

    sender_email: str
    domain: str
    verified: bool = Field(description="Whether mail goes out. Until then it waits with the reason `sender_unverified`")
    record: DnsRecord
