"""Whether the template of a journey can be rendered: tried in every language with sample data of its event."""

from datetime import UTC, datetime

from jinja2 import TemplateError

from notify.domain.journey import Journey
from notify.domain.language import LANGUAGES
from notify.rendering.library import template_names
from notify.rendering.message import Sender, render, values
from notify.rendering.samples import sample_facts, sample_recipient

_SENDER = Sender("Shop", "https://shop.example/", "https://notify.example/u/token")
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def why_not_rendered(journey: Journey) -> str | None:
    """Why the template cannot be rendered for this channel and event; None if it can."""
    names = template_names(journey.channel)
    if journey.template not in names:
        return f"unknown template; templates of {journey.channel}: {', '.join(names)}"
    for language in LANGUAGES:
        recipient = sample_recipient(language, "UTC", _NOW)
        try:
            render(journey, values(journey, sample_facts(journey.event, _NOW), recipient, _SENDER, _NOW), language)
        except (TemplateError, ValueError, LookupError, AttributeError, TypeError):
            return f"this template shows data that {journey.event} does not carry"
    return None
