"""Consent as it is kept in the database: the shop's word, the customer's own, and which of them holds."""

from datetime import datetime
from typing import Any

from mandegar.database import Row
from notify.domain.consent import Word, standing

CHANNELS = ("email", "sms")


def standing_word(customer: Row, channel: str) -> Word | None:
    """The word that holds for the customer's present address of a channel."""
    since = customer["email_since" if channel == "email" else "phone_since"]
    return standing(_word(customer["shop_consents"], channel), _word(customer["own_consents"], channel), since)


def as_document(word: Word) -> dict[str, str]:
    """A word as jsonb keeps it."""
    return {"status": word.status, "at": word.at.isoformat(), "method": word.method}


def _word(consents: dict[str, Any], channel: str) -> Word | None:
    kept = consents.get(channel)
    if kept is None:
        return None
    return Word(kept["status"], datetime.fromisoformat(kept["at"]), kept.get("method", "shop"))
