"""The event that loyalty publishes about programmes."""

from loyalty.domain.ids import NAME
from mandegar.documents.rows import Version
from mandegar.events import Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.loyalty import ProgrammeChanged


def programme_event(version: Version) -> Event:
    """``programme.changed``: together with the orders it determines every balance."""
    number = version.version
    return derived_event(
        NAME,
        "programme.changed",
        ProgrammeChanged(version=number, effective_from=version.effective_from, document=version.document),
        about=version.shop,
        cause=Origin(),
        now=version.created_at,
        id_from=f"programme|{version.shop}|{number}",
    )
