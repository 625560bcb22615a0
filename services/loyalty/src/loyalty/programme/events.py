"""The event that loyalty publishes about programmes."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from loyalty.domain.ids import NAME
from mandegar.documents.rows import Version
from mandegar.events import Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.loyalty import ProgrammeChanged


def programme_event(
    version: Version, *, words: Mapping[str, str] = MappingProxyType({}), withdrawn_at: datetime | None = None
) -> Event:
    """``programme.changed``: together with the orders it determines every balance."""
    number, withdrawn = version.version, withdrawn_at is not None
    changed = ProgrammeChanged(
        version=number,
        effective_from=version.effective_from,
        document=version.document,
        withdrawn=withdrawn,
        words=dict(words),
    )
    return derived_event(
        NAME,
        "programme.changed",
        changed,
        about=version.shop,
        cause=Origin(),
        now=withdrawn_at or version.created_at,
        id_from=f"programme|{version.shop}|{number}{'|withdrawn' if withdrawn else ''}",
    )
