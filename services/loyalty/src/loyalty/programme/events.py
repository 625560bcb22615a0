"""The event that loyalty publishes about programmes."""

from mandegar.documents.rows import Version
from mandegar.events import Event, derived_id
from mandegar.events.loyalty import ProgrammeChanged


def programme_event(version: Version) -> Event:
    """``programme.changed``: balances follow from these and from the orders alone."""
    return Event(
        id=derived_id("loyalty", f"programme|{version.shop}|{version.version}", "programme.changed"),
        source="urn:mandegar:service:loyalty",
        type="programme.changed",
        time=version.created_at,
        shop=version.shop,
        recorded_time=version.created_at,
        data=ProgrammeChanged(
            version=version.version, effective_from=version.effective_from, document=version.document
        ),
    )
