"""The claim: in one transaction, behind the customers' locks, the arbiter decides about every send that is due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.events.consents import Statement
from mandegar.outbox import write_outbox
from mandegar.shops import Shop, load_shops
from mandegar.telemetry.logging import logger
from notify.contacts.address_rows import load_words
from notify.domain.arbiter import ONE_COPY, ONE_COPY_OF_A_PLACE, Allow, Case, Policy, Wait, Withhold, decide
from notify.domain.consent import AddressKey, ChannelName, status_of
from notify.domain.contact import Contact
from notify.domain.journey import ABOUT_BANDS, ABOUT_PLACES, Journey, spread
from notify.domain.language import Language, language_of
from notify.domain.quiet_hours import zone_of
from notify.journeys.rows import load_versions
from notify.sends import due_rows, metrics
from notify.sends.brake import REFUSED_FOR_ALL, JourneyOf
from notify.sends.due_rows import Arrival, WaitRow
from notify.sends.events import decided_events
from notify.sends.rows import Send
from notify.settings import NotifySettings

log = logger(__name__)

_SPREAD = timedelta(minutes=10)
_SHOP_UNKNOWN_RETRY = timedelta(seconds=5)
_NOT_DECIDED_RETRY = timedelta(minutes=5)
_SHOP_MOVES_RETRY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Terms:
    """How much is claimed and for how long, the limits on marketing, and the senders of shops without their own.

    ``identity_key`` makes the pseudonyms of addresses. Nothing is sent for shops that are ``moving``, nor of
    journeys that are ``stopped``, each until when.
    """

    batch: int
    lease: timedelta
    policy: Policy
    default_senders: Mapping[ChannelName, str]
    identity_key: bytes
    moving: frozenset[str] = frozenset()
    stopped: Mapping[JourneyOf, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A send that belongs to this worker for one attempt, with everything that its message is made of."""

    send: Send
    attempt: int
    journey: Journey
    contact: Contact
    shop: Shop
    sender: str
    language: Language
    address_id: str


class _Due(NamedTuple):
    """A send that is due, and what its decision depends on; ``journey`` and ``shop`` are None if they are not known.

    ``word`` is what was said about ``address`` to notify itself.
    """

    send: Send
    contact: Contact
    journey: Journey | None
    shop: Shop | None
    address: AddressKey | None
    word: Statement | None


class _Arrivals:
    """The instants of messages that may have reached customers and addresses, those of this claim included."""

    def __init__(self, arrivals: Iterable[Arrival]) -> None:
        self._by_customer: dict[CustomerKey, list[Arrival]] = {}
        self._by_address: dict[tuple[str, str], list[Arrival]] = {}
        for arrival in arrivals:
            self.add(arrival)

    def of(self, send: Send) -> list[Arrival]:
        return self._by_customer.get(send.customer, [])

    def at_address(self, send: Send, address: AddressKey | None) -> list[Arrival]:
        """Those that went to the address under another customer id."""
        there = [] if address is None else self._by_address.get((address.shop, address.address_id), [])
        return [arrival for arrival in there if arrival.customer_id != send.customer_id]

    def add(self, arrival: Arrival) -> None:
        self._by_customer.setdefault(CustomerKey(arrival.shop, arrival.customer_id), []).append(arrival)
        if arrival.address_id is not None:
            self._by_address.setdefault((arrival.shop, arrival.address_id), []).append(arrival)


def terms_of(settings: NotifySettings) -> Terms:
    """The terms that the settings give."""
    return Terms(
        settings.delivery_batch,
        settings.lease,
        settings.policy,
        {"email": settings.default_sender_email, "sms": settings.default_sms_sender},
        settings.identity_key.get_secret_value().encode(),
        settings.moving,
    )


async def claim(
    connection: WorkerConnection, terms: Terms, channel: ChannelName, now: datetime
) -> tuple[list[Claim], int]:
    """Decide about what is due on a channel; the claims to deliver after the commit, and how many were decided.

    Caps and cooldowns are counted behind the locks of customer and address, so two sends can never both be the last one
    allowed.
    """
    contacts = await due_rows.lock_due_customers(connection, channel, now, terms.batch)
    if not contacts:
        return [], 0
    sends = await due_rows.lock_due_sends(connection, contacts.keys(), channel, now, terms.batch)
    if not sends:
        return [], 0
    journeys = await load_versions(connection, {send.journey_key for send in sends})
    capped_for = timedelta(days=terms.policy.cap.days if terms.policy.cap else 0)
    copies = [_one_copy(send) for send in sends]
    reach = max([capped_for, *copies, *(journey.cooldown for journey in journeys.values())])
    addresses = {send.send_id: contacts[send.customer].address_key(send.channel, terms.identity_key) for send in sends}
    named = {address for address in addresses.values() if address is not None}
    await due_rows.lock_addresses(connection, named)
    words = await load_words(connection, named)
    arrivals = _Arrivals(await due_rows.load_arrivals(connection, contacts.keys(), named, now - reach))
    shops = await load_shops(connection, {send.shop for send in sends})
    claims: list[Claim] = []
    waits: list[WaitRow] = []
    withheld: list[tuple[UUID, str]] = []
    for send in sends:
        address = addresses[send.send_id]
        word = None if address is None else words.get(address)
        journey, shop = journeys.get(send.journey_key), shops.get(send.shop)
        due = _Due(send, contacts[send.customer], journey, shop, address, word)
        match _decide_alone(due, arrivals, terms, now):
            case Claim() as claimed:
                claims.append(claimed)
                if claimed.journey.is_transactional:
                    continue
                arrivals.add(Arrival(send.shop, send.customer_id, send.journey, now, claimed.address_id, send.under))
            case Wait(until, code):
                waits.append(WaitRow(send.send_id, until, code))
            case Withhold(code):
                withheld.append((send.send_id, code))
    await _write(connection, claims, waits, withheld, terms.lease, now)
    return claims, len(sends)


def _decide_alone(due: _Due, arrivals: _Arrivals, terms: Terms, now: datetime) -> Claim | Wait | Withhold:
    """The decision about one send. Whatever it raises concerns this send: it is decided again until its deadline."""
    try:
        return _decide(due, arrivals, terms, now)
    except Exception as error:  # noqa: BLE001  the other sends of the transaction are decided
        log.error("message_not_decided", send_id=str(due.send.send_id), error=type(error).__name__)  # noqa: TRY400
        metrics.SENDS_FAILED.labels("decide", type(error).__name__).inc()
        too_late = now >= due.send.no_later_than
        return Withhold("too_late") if too_late else Wait(now + _NOT_DECIDED_RETRY, "not_decided")


def _decide(due: _Due, arrivals: _Arrivals, terms: Terms, now: datetime) -> Claim | Wait | Withhold:
    send, contact, journey, shop, address, word = due
    if send.shop in terms.moving and now < send.no_later_than:
        return Wait(now + _SHOP_MOVES_RETRY, "shop_moves")
    stopped_until = terms.stopped.get(JourneyOf(send.shop, send.journey))
    if stopped_until is not None and now < send.no_later_than:
        return Wait(min(stopped_until, send.no_later_than), REFUSED_FOR_ALL)
    if journey is None:
        return Withhold("journey_gone")
    if shop is None:
        too_late = now >= send.no_later_than
        return Withhold("too_late") if too_late else Wait(now + _SHOP_UNKNOWN_RETRY, "shop_unknown")
    sender = sender_of(shop, send.channel, terms.default_senders)
    sent, at_address = arrivals.of(send), arrivals.at_address(send, address)
    case = Case(
        no_later_than=send.no_later_than,
        exited="order.paid" in journey.exits and contact.has_bought_since(send.triggered_at),
        nothing_bought=send.cause_type in ABOUT_BANDS and send.payload.get("version", 0) < contact.band_left_version,
        moved_on="moved_on" in send.payload,
        untrue="points" in journey.needs and contact.points == 0,
        has_sender=bool(sender),
        # the sender of the installation, used by shops without one, is the operator's
        sender_verified=send.channel != "email" or shop.sender_verified or not shop.sender_email,
        has_address=bool(contact.address(send.channel)),
        can_receive=contact.can_receive(send.channel),
        consent=status_of(contact.consent(send.channel, word)),
        zone=zone_of(contact.zone, shop.zone),
        cooldown=journey.cooldown,
        sent=[arrival.at for arrival in sent],
        journey_sent=[arrival.at for arrival in sent if arrival.journey == journey.name],
        spread=spread(send.send_id, _SPREAD),
        is_transactional=journey.is_transactional,
        sent_to_address=[arrival.at for arrival in at_address],
        journey_sent_as_another=[
            arrival.at for arrival in sent if arrival.journey == journey.name and arrival.under != send.under
        ],
        one_copy=_one_copy(send),
        journey_sent_to_address=[arrival.at for arrival in at_address if arrival.journey == journey.name],
    )
    decision = decide(case, terms.policy, now)
    if not isinstance(decision, Allow):
        return decision
    if address is None:
        return Withhold("no_address")
    language = language_of(contact.locale, shop.locale)
    return Claim(send, send.attempt + 1, journey, contact, shop, sender, language, address.address_id)


def _one_copy(send: Send) -> timedelta:
    """How long a person does not get this message under another of their ids."""
    return ONE_COPY_OF_A_PLACE if send.cause_type in ABOUT_PLACES else ONE_COPY


def sender_of(shop: Shop, channel: ChannelName, defaults: Mapping[ChannelName, str]) -> str:
    """What a shop's messages come from; empty when there is nothing."""
    return (shop.sender_email if channel == "email" else shop.sms_sender) or defaults[channel]


async def _write(
    connection: WorkerConnection,
    claims: Sequence[Claim],
    waits: Sequence[WaitRow],
    withheld: Sequence[tuple[UUID, str]],
    lease: timedelta,
    now: datetime,
) -> None:
    if claims:
        begun = [(claimed.send.send_id, claimed.language, claimed.address_id) for claimed in claims]
        await due_rows.mark_sending(connection, begun, now, lease)
    if waits:
        await due_rows.mark_waiting(connection, waits)
    if withheld:
        sends = await due_rows.mark_withheld(connection, withheld, now)
        await write_outbox(connection, decided_events(sends, now))
