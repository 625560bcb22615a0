"""Rendering a journey's message with sample data, to find out whether its template fits its event."""

from datetime import UTC, datetime

from jinja2 import TemplateError

from notify.domain.journey import Journey
from notify.domain.language import LANGUAGES
from notify.rendering.message import Sender, render, values
from notify.rendering.samples import sample_facts, sample_recipient

_SENDER = Sender("Shop", "https://shop.example/", "https://notify.example/u/token", UTC)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def can_be_rendered(journey: Journey) -> bool:
    """Whether the template can be rendered, in every language, from what the event carries."""
    for language in LANGUAGES:
        recipient = sample_recipient(language, "UTC", _NOW, stops_by_reply=False)
        try:
            render(journey, values(journey, sample_facts(journey.event, _NOW), recipient, _SENDER, _NOW), language)
        except (TemplateError, ValueError, LookupError, AttributeError, TypeError):
            return False
    return True
