"""I7, order: facts of one key are told in the order of their versions, and every state is that of the newest."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.tables import SERVICES
from mandegar.events import Event
from mandegar.events.topics import CHURN_EVENTS, INGEST_CONTACTS, INGEST_EVENTS, LOYALTY_EVENTS

Key: TypeAlias = tuple[str, str]
Newest: TypeAlias = Mapping[Key, Event]

BANDS = ("band.crossed", "band.restated", "band.left", "lifecycle.changed")
# What is counted together: one number for all types of a line.
COUNTED = (
    ("ingest", INGEST_CONTACTS, ("contact.updated",)),
    ("ingest", INGEST_EVENTS, ("customer.updated",)),
    ("loyalty", LOYALTY_EVENTS, ("points.posted", "credit.posted", "tier.changed")),
    ("churn", CHURN_EVENTS, BANDS),
    ("churn", CHURN_EVENTS, ("stage.changed",)),
)


def check(run: Run) -> Finding:
    newest = {types: _newest(run.of(topic, *types)) for _, topic, types in COUNTED}
    broken = [*_told_out_of_order(run), *_not_the_newest(run), *_shops(run), *_not_what_the_newest_says(run)]
    figure = f"{sum(len(keys) for keys in newest.values()):,} versioned states, each at its newest version"
    return finding("I7 order", figure, broken)


def _newest(events: Iterable[Event]) -> dict[Key, Event]:
    found: dict[Key, Event] = {}
    for event in events:
        known = found.get(event.customer)
        if known is None or event.data.version > known.data.version:
            found[event.customer] = event
    return found


def _told_out_of_order(run: Run) -> Iterator[str]:
    """A repeat of an old record is nothing new; the first of each version comes behind all lower ones."""
    for service, topic, types in COUNTED:
        if service in run.restored:
            continue
        last: defaultdict[Key, int] = defaultdict(int)
        for event in run.of(topic, *types):
            if event.data.version < last[event.customer]:
                yield f"{_named(event.customer)}: {event.type} {event.data.version} behind {last[event.customer]}"
            last[event.customer] = max(last[event.customer], event.data.version)


def _not_the_newest(run: Run) -> Iterator[str]:
    """Both ends of each counter agree: the service that counts, and those that were told."""
    contacts = _newest(run.of(INGEST_CONTACTS, "contact.updated"))
    profiles = _newest(run.of(INGEST_EVENTS, "customer.updated"))
    points = _newest(run.of(LOYALTY_EVENTS, "points.posted"))
    tiers = _newest(run.of(LOYALTY_EVENTS, "points.posted", "tier.changed"))
    bands = _newest(run.of(CHURN_EVENTS, *BANDS))
    either = _newest([*contacts.values(), *profiles.values()])
    yield from _compare(run, "ingest", "customers", "version", either)
    postings = _newest(run.of(LOYALTY_EVENTS, "points.posted", "credit.posted", "tier.changed"))
    yield from _compare(run, "loyalty", "customers", "version", postings)
    yield from _compare(run, "churn", "customers", "version", bands)
    stages = _newest(run.of(CHURN_EVENTS, "stage.changed"))
    yield from _compare(run, "churn", "customers", "stage_version", stages)
    yield from _compare(run, "churn", "cards", "points_version", _of_roots(run, points))
    yield from _compare(run, "churn", "cards", "tier_version", _of_roots(run, tiers))
    yield from _compare(run, "notify", "customers", "points_version", _of_roots(run, points))
    yield from _compare(run, "notify", "customers", "contact_version", _of_roots(run, contacts))
    # a contact says everything that a profile of its version does
    yield from _compare(run, "notify", "customers", "profile_version", _of_roots(run, either))


def _of_roots(run: Run, newest: Newest) -> Newest:
    """Whoever reads what others say of an alias keeps it with the root."""
    return {key: event for key, event in newest.items() if key not in run.roots}


def _compare(run: Run, service: str, table: str, column: str, newest: Newest) -> Iterator[str]:
    stands = {(row["shop"], row["customer_id"]): row[column] for row in run.rows(service, table)}
    for key in sorted(stands.keys() | newest.keys()):
        due = newest[key].data.version if key in newest else 0
        if stands.get(key, 0) != due:
            yield f"{_named(key)}: {service}'s {column} is {stands.get(key, 0)}, the newest is {due}"


def _shops(run: Run) -> Iterator[str]:
    newest: dict[str, int] = defaultdict(int)
    for event in run.of(INGEST_EVENTS, "shop.updated"):
        newest[event.shop] = max(newest[event.shop], event.data.version)
    for service in SERVICES:
        stands = {row["shop"]: row["version"] for row in run.rows(service, "shops")}
        for shop, due in newest.items():
            if stands.get(shop) != due:
                yield f"{shop}: {service} knows version {stands.get(shop)}, the newest is {due}"


def _not_what_the_newest_says(run: Run) -> Iterator[str]:
    """The state itself, wherever it is a copy of what the newest event said."""
    points = _of_roots(run, _newest(run.of(LOYALTY_EVENTS, "points.posted")))
    tiers = _of_roots(run, _newest(run.of(LOYALTY_EVENTS, "points.posted", "tier.changed")))
    contacts = _of_roots(run, _newest(run.of(INGEST_CONTACTS, "contact.updated")))
    for row in run.rows("notify", "customers"):
        key = (row["shop"], row["customer_id"])
        if key in points and (row["points"], row["tier"]) != (
            points[key].data.balance.available,
            points[key].data.tier,
        ):
            yield f"{_named(key)}: notify's points or tier are not those of version {points[key].data.version}"
        if key in contacts and _contact(row) != _contact(contacts[key].data):
            yield f"{_named(key)}: notify's contact is not that of version {contacts[key].data.version}"
    for row in run.rows("churn", "cards"):
        key = (row["shop"], row["customer_id"])
        if key in points and orjson.loads(row["points"] or "null") != _balance(points[key]):
            yield f"{_named(key)}: the card's points are not those of version {points[key].data.version}"
        if key in tiers and row["tier"] != tiers[key].data.tier:
            yield f"{_named(key)}: the card's tier is not that of version {tiers[key].data.version}"


def _balance(event: Event) -> dict[str, int]:
    balance = event.data.balance
    return {word: getattr(balance, word) for word in ("available", "pending", "held", "debt", "lifetime")}


def _contact(said: Any) -> tuple[str | None, ...]:
    words = ("email", "phone", "name")
    return tuple(said[word] if hasattr(said, "keys") else getattr(said, word) for word in words)


def _named(key: Key) -> str:
    return ":".join(key)
