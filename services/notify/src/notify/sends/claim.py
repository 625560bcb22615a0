"""The claim: in one transaction, behind the customers' locks, the arbiter decides about everything that is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from mandegar.database import Connection, Row
from mandegar.events import CustomerKey
from mandegar.outbox import write_outbox
from mandegar.shops import Shop, load_shops
from notify.contacts.standing_consent import standing_word
from notify.domain.arbiter import Case, Policy, Send, Wait, Withhold, decide
from notify.domain.consent import status_of
from notify.domain.journey import Journey, spread
from notify.domain.quiet_hours import zone_of
from notify.journeys import built_in
from notify.rendering.formats import Language, language_of
from notify.sends import claim_rows as claiming
from notify.sends.events import decided_events
from notify.settings import NotifySettings

_SPREAD = timedelta(minutes=10)
_SHOP_UNKNOWN_RETRY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Claim:
    """A send that is ours for one attempt, with everything that its message is made of."""

    send: Row
    attempt: int
    journey: Journey
    customer: Row
    shop: Shop
    language: Language


@dataclass(frozen=True, slots=True)
class _Decided:
    """What one transaction writes: sends to deliver, to ask again about later, and to withhold."""

    claims: list[Claim]
    waits: list[tuple[UUID, datetime, str]]
    withheld: list[tuple[UUID, str]]


@dataclass(slots=True)
class _Arrivals:
    """The instants of messages that may have reached each customer, and those that this claim adds."""

    by_customer: dict[CustomerKey, list[tuple[str, datetime]]]

    def of(self, key: CustomerKey) -> list[datetime]:
        return [at for _, at in self.by_customer.get(key, ())]

    def of_journey(self, key: CustomerKey, journey: str) -> list[datetime]:
        return [at for name, at in self.by_customer.get(key, ()) if name == journey]

    def add(self, key: CustomerKey, journey: str, at: datetime) -> None:
        self.by_customer.setdefault(key, []).append((journey, at))


async def claim(connection: Connection, settings: NotifySettings, now: datetime) -> tuple[list[Claim], int]:
    """Decide about what is due; the claims to deliver once this transaction has committed, and how many were looked at.

    Caps and cooldowns are counted behind the customer's lock, so two sends can never both be the last one allowed.
    """
    limit, policy = settings.delivery_batch, settings.policy
    customers = {_key(row): row for row in await claiming.lock_due_customers(connection, now, limit)}
    sends = await claiming.lock_due_sends(connection, customers.keys(), now, limit) if customers else []
    if not sends:
        return [], 0
    shops = await load_shops(connection, {send["shop"] for send in sends})
    arrivals = await _arrivals(connection, customers, policy, now)
    decided = _Decided([], [], [])
    for send in sends:
        key = _key(send)
        match _decide(send, customers[key], shops.get(send["shop"]), arrivals, settings, now):
            case Claim() as ours:
                decided.claims.append(ours)
                arrivals.add(key, send["journey"], now)
            case Wait(until, code):
                decided.waits.append((send["send_id"], until, code))
            case Withhold(code):
                decided.withheld.append((send["send_id"], code))
    await _write(connection, decided, settings.lease, now)
    return decided.claims, len(sends)


def _decide(
    send: Row, customer: Row, shop: Shop | None, arrivals: _Arrivals, settings: NotifySettings, now: datetime
) -> Claim | Wait | Withhold:
    journey = built_in().get(send["journey"])
    if journey is None:
        return Withhold("journey_gone")
    if shop is None:
        too_late = now >= send["no_later_than"]
        return Withhold("too_late") if too_late else Wait(now + _SHOP_UNKNOWN_RETRY, "shop_unknown")
    key = _key(send)
    case = Case(
        no_later_than=send["no_later_than"],
        exited=_exited(journey, send, customer),
        untrue="points" in journey.needs and customer["points"] == 0,
        has_sender=bool(sender_of(shop, send["channel"], settings)),
        has_address=bool(address_of(customer, send["channel"])),
        consent=status_of(standing_word(customer, send["channel"])),
        zone=zone_of(customer["zone"], shop.zone),
        cooldown=journey.cooldown,
        sent=arrivals.of(key),
        journey_sent=arrivals.of_journey(key, journey.name),
        spread=spread(send["send_id"], _SPREAD),
    )
    decision = decide(case, settings.policy, now)
    if not isinstance(decision, Send):
        return decision
    language = language_of(customer["locale"], shop.locale)
    return Claim(send, send["attempt"] + 1, journey, customer, shop, language)


def _exited(journey: Journey, send: Row, customer: Row) -> bool:
    paid_at = customer["last_paid_at"]
    return "order.paid" in journey.exits and paid_at is not None and paid_at > send["triggered_at"]


def address_of(customer: Row, channel: str) -> str | None:
    """The customer's present address of a channel."""
    address: str | None = customer["email" if channel == "email" else "phone"]
    return address


def sender_of(shop: Shop, channel: str, settings: NotifySettings) -> str:
    """What a shop's messages come from; empty when there is nothing."""
    if channel == "email":
        return shop.sender_email or settings.default_sender_email
    return shop.sms_sender or settings.default_sms_sender


async def _arrivals(
    connection: Connection, customers: dict[CustomerKey, Row], policy: Policy, now: datetime
) -> _Arrivals:
    reach = max(
        [journey.cooldown for journey in built_in().values()] + [timedelta(days=policy.cap.days if policy.cap else 0)]
    )
    found = _Arrivals({})
    for row in await claiming.load_arrivals(connection, customers.keys(), now - reach):
        found.add(_key(row), row["journey"], row["attempted_at"])
    return found


async def _write(connection: Connection, decided: _Decided, lease: timedelta, now: datetime) -> None:
    if decided.claims:
        sends = [(ours.send["send_id"], ours.language) for ours in decided.claims]
        await claiming.mark_sending(connection, sends, now, lease)
    if decided.waits:
        await claiming.mark_waiting(connection, decided.waits)
    if decided.withheld:
        rows = await claiming.mark_withheld(connection, decided.withheld, now)
        await write_outbox(connection, decided_events(rows, now))


def _key(row: Row) -> CustomerKey:
    return CustomerKey(row["shop"], row["customer_id"])
