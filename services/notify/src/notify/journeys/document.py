"""The document of a journey as a shop writes it, and the ``Journey`` it stands for."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeAlias

import msgspec
from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from mandegar.documents.kind import DocumentKind
from mandegar.documents.model import DocumentModel, Number, WholeNumber, is_new, located
from mandegar.documents.nodes import InvalidDocument, Path
from mandegar.documents.reading import read_document
from mandegar.documents.rows import BEGINNING, Version
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger
from notify.domain.consent import ChannelName
from notify.domain.journey import TRANSACTIONAL, Condition, Deadline, Journey, Offer
from notify.journeys import event_fields
from notify.journeys.sample_run import can_be_rendered
from notify.rendering.library import template_names

log = logger(__name__)

JOURNEYS = DocumentKind("journey", "journeys")

DURATION_MAX = timedelta(days=3650)
TRANSACTIONAL_TEMPLATES = frozenset({"till_code"})
_OF_DURATIONS = frozenset("PTDHM0123456789")


def _duration(value: object) -> timedelta:
    """An ISO 8601 duration of days, hours and minutes; seconds, fractions, signs, weeks, months and years are none."""
    try:
        duration = msgspec.convert(value if set(str(value)) <= _OF_DURATIONS else "", timedelta)
    except msgspec.ValidationError:
        raise ValueError("must be an ISO 8601 duration of days, hours and minutes, such as P3D or PT12H") from None
    if duration > DURATION_MAX:
        raise ValueError(f"must be at most P{DURATION_MAX.days}D")
    return duration


def _kind_of_condition(value: Any) -> str:
    return "text" if isinstance(value, str) else "bound"


Duration: TypeAlias = Annotated[timedelta, BeforeValidator(_duration)]


class AtLeast(DocumentModel):
    """A lower bound on a whole number."""

    at_least: Annotated[WholeNumber, Field(ge=0, le=1_000_000_000_000)]


Wanted: TypeAlias = Annotated[
    Annotated[str, Tag("text")] | Annotated[AtLeast, Tag("bound")], Discriminator(_kind_of_condition)
]


class Trigger(DocumentModel):
    """The event that starts the journey, what its data must fulfil, and the field with the instant it happened at."""

    event: Literal[
        "band.crossed",
        "customer.won_back",
        "lifecycle.changed",
        "points.expiring",
        "segment.entered",
        "stage.changed",
        "till.code_issued",
    ]
    when: Annotated[dict[str, Wanted], Field(default_factory=dict, max_length=20)]
    since: str | None = None

    @model_validator(mode="after")
    def _names_fields_of_the_event(self) -> Self:
        errors: list[tuple[Path, str]] = []
        for field, wanted in self.when.items():
            text = wanted if isinstance(wanted, str) else None
            if why := event_fields.why_not_compared(self.event, field, text):
                errors.append((("when", field), why))
        if why := event_fields.why_never(self.event, self.when):
            errors.append((("when",), why))
        if self.since is not None and (why := event_fields.why_no_instant(self.event, self.since)):
            errors.append((("since",), why))
        if errors:
            raise located(*errors)
        return self

    def conditions(self) -> tuple[Condition, ...]:
        return tuple(
            Condition(field, equals=wanted) if isinstance(wanted, str) else Condition(field, at_least=wanted.at_least)
            for field, wanted in self.when.items()
        )


class SendNoLaterThan(DocumentModel):
    """The deadline: an instant of the event's data, plus ``after``."""

    field: str
    after: Duration = timedelta()


class OfferDocument(DocumentModel):
    """A gift that the message carries."""

    code: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S+$")]
    amount: Annotated[Number, Field(ge=0, le=Decimal("1e15"))]
    currency: Annotated[str, Field(min_length=3, max_length=3, pattern="^[A-Z]{3}$")]
    valid: Duration

    def as_offer(self) -> Offer:
        return Offer(self.code, self.amount, self.currency, self.valid)


class JourneyDocument(DocumentModel):
    """The whole document. Its name comes from the route, or from the file of a built-in journey."""

    version: Literal["1"]
    enabled: bool = True
    trigger: Trigger
    channel: ChannelName
    template: Annotated[str, Field(min_length=1, max_length=60)]
    send_no_later_than: SendNoLaterThan
    cooldown: Duration = timedelta()
    exits: Annotated[list[Literal["order.paid"]], Field(default_factory=list, max_length=1)]
    needs: Annotated[list[Literal["points"]], Field(default_factory=list, max_length=1)]
    offer: OfferDocument | None = None

    # Templates are checked in new documents alone, so that a stored one stays readable.
    @field_validator("template")
    @classmethod
    def _is_a_template(cls, template: str, info: ValidationInfo) -> str:
        names = template_names(info.data["channel"]) if is_new(info) and "channel" in info.data else [template]
        if template not in names:
            raise ValueError(f"unknown template; templates of {info.data['channel']}: {', '.join(names)}")
        return template

    @model_validator(mode="after")
    def _fits_its_event(self, info: ValidationInfo) -> Self:
        errors: list[tuple[Path, str]] = []
        if why := event_fields.why_no_instant(self.trigger.event, self.send_no_later_than.field):
            errors.append((("send_no_later_than", "field"), why))
        if is_new(info) and self.trigger.event in TRANSACTIONAL:
            why = f"{self.trigger.event} is no marketing: the customer has asked for the message"
            errors += [((key,), why) for key in ("cooldown", "exits", "needs", "offer") if getattr(self, key)]
            if self.template not in TRANSACTIONAL_TEMPLATES:
                errors.append((("template",), "this template is marketing, for which the customer has not asked"))
        if is_new(info) and not can_be_rendered(self.journey(name="", version=0, effective_from=BEGINNING)):
            errors.append((("template",), f"this template shows data that {self.trigger.event} does not carry"))
        if errors:
            raise located(*errors)
        return self

    def journey(self, *, name: str, version: int, effective_from: datetime) -> Journey:
        """The journey that this document states, as one version of it."""
        return Journey(
            name=name,
            version=version,
            effective_from=effective_from,
            enabled=self.enabled,
            event=self.trigger.event,
            conditions=self.trigger.conditions(),
            since=self.trigger.since,
            channel=self.channel,
            template=self.template,
            no_later_than=Deadline(self.send_no_later_than.field, self.send_no_later_than.after),
            cooldown=self.cooldown,
            exits=frozenset(self.exits),
            needs=frozenset(self.needs),
            offer=self.offer.as_offer() if self.offer else None,
        )


def check_journey(document: str) -> None:
    """Raise ``InvalidDocument`` with every error of a new document and its line."""
    read_document(document, JourneyDocument, is_new=True)


@lru_cache(maxsize=1024)
def journey_of(version: Version) -> Journey:
    """The journey of a version; raises ``InvalidDocument``. Cached, like all here: versions never change."""
    document = read_document(version.document, JourneyDocument)
    return document.journey(name=version.name, version=version.version, effective_from=version.effective_from)


@lru_cache(maxsize=1024)
def readable_journey(version: Version) -> Journey | None:
    """The journey of a version; None if this release cannot read the document, which an earlier one has stored.

    For batches and claims, which serve every shop: the document of one must not end them.
    """
    try:
        return journey_of(version)
    except InvalidDocument as error:
        key = {"shop": version.shop, "journey": version.name, "version": version.version}
        metrics.DOCUMENTS_UNREADABLE.labels(JOURNEYS.noun).inc()
        log.error("journey_unreadable", **key, error=str(error))  # noqa: TRY400  the text says it all
        return None
