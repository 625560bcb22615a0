"""Consents that customers stated to notify itself, which shops are told that still send an older flag.

notify decides to whom it writes. Ingest keeps these words for its answers alone, and publishes nothing because of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ingest.domain.candidates import Candidate
from ingest.domain.consents import ADDRESSES, STATEMENTS, statement_in_force
from ingest.domain.profile import Profile
from ingest.hallway.rows.own_consents import Subject, WordRow, load_words, save_words
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.consents import Statement, in_force
from mandegar.stream import on

GROUP = "consents"


async def store_words(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the latest word about each customer and each address; nothing is published."""
    words: dict[Subject, WordRow] = {}
    for event in events:
        data = event.data
        for name in {event.customer.customer_id, data.address_id} - {None}:
            word = WordRow(event.shop, data.channel, name, data.status, data.at, data.method)
            subject = Subject(*word[:3])
            words[subject] = max(words.get(subject, word), word, key=lambda each: (each.at, each.status))
    await save_words(connection, [words[subject] for subject in sorted(words)])
    return ()


READ = on({"consent.changed"}, store_words, group=GROUP, locks_customers=False, optional=True)


async def note_flags_not_believed(
    connection: WorkerConnection,
    candidates: Iterable[tuple[CustomerKey, Candidate]],
    profiles: Mapping[CustomerKey, Profile],
) -> None:
    """Tell the senders of granting flags that the customer, who is named beside, withdrew, and when."""
    flagged = [
        (customer, candidate, channel, address_id)
        for customer, candidate in candidates
        for channel, address_id in candidate.flags.items()
    ]
    if not flagged:
        return
    subjects = {
        Subject(customer.shop, channel, name)
        for customer, _, channel, address_id in flagged
        for name in (customer.customer_id, address_id)
        if name is not None
    }
    words = await load_words(connection, subjects)
    for customer, candidate, channel, address_id in flagged:
        standing = _in_force(
            profiles[customer],
            channel,
            words.get(Subject(customer.shop, channel, address_id)) if address_id else None,
            words.get(Subject(customer.shop, channel, customer.customer_id)),
        )
        if standing is not None and standing.status == "withdrawn" and not standing.flag:
            day = standing.at.astimezone(candidate.source.shop.zone).date()
            detail = (
                f"consent.{channel} was not believed: the customer withdrew on {day} ({standing.method}). Store that; "
                f"if they have agreed again since, send status and at in consent.{channel}"
            )
            candidate.note("consent_kept", detail)


def _in_force(
    profile: Profile, channel: str, about_address: Statement | None, about_customer: Statement | None
) -> Statement | None:
    histories = profile.histories
    stated = statement_in_force(histories.get(ADDRESSES + channel, ()), histories.get(STATEMENTS + channel, ()))
    return in_force([about_address, None if stated is None else stated[0]], about_customer)
