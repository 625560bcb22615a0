"""The packaged templates, compiled once: ``templates/<name>/<language>/{mail.mjml,mail.txt,subject.txt,sms.txt}``."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import mrml

from notify.domain.consent import ChannelName
from notify.domain.language import LANGUAGES, Language
from notify.rendering.environment import compiled

_TEMPLATES = files("notify") / "rendering" / "templates"

Fill = Callable[[dict[str, object]], str]


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """The parts of a mail, each a function of the values."""

    subject: Fill
    text: Fill
    html: Fill


@dataclass(frozen=True, slots=True)
class SmsTemplate:
    """The text of an SMS, a function of the values."""

    text: Fill


def template_names(channel: ChannelName) -> list[str]:
    """The templates that a channel has in every language."""
    file = "sms.txt" if channel == "sms" else "mail.mjml"
    return sorted(
        folder.name
        for folder in _TEMPLATES.iterdir()
        if all((folder / language / file).is_file() for language in LANGUAGES)
    )


@cache
def mail_template(name: str, language: Language) -> MailTemplate:
    """The mail of a template in a language; Raises ``FileNotFoundError`` if there is none."""
    folder = _folder(name, language)
    return MailTemplate(
        subject=compiled(_source(folder, "subject.txt"), language, html=False),
        text=compiled(_source(folder, "mail.txt"), language, html=False),
        html=compiled(_html(_source(folder, "mail.mjml"), language), language, html=True),
    )


@cache
def sms_template(name: str, language: Language) -> SmsTemplate:
    """The SMS of a template in a language; Raises ``FileNotFoundError`` if there is none."""
    return SmsTemplate(text=compiled(_source(_folder(name, language), "sms.txt"), language, html=False))


def _folder(name: str, language: Language) -> Traversable:
    return _TEMPLATES / name / language


def _source(folder: Traversable, file: str) -> str:
    return (folder / file).read_text(encoding="utf-8")


def _html(mjml: str, language: Language) -> str:
    html: str = mrml.to_html(mjml).content
    if language == "fa":
        # several mail clients drop the attributes of html and body, so every table carries its direction
        html = html.replace("<table ", '<table lang="fa" dir="rtl" ')
        # and the defaults of the compiler are turned round as well
        html = html.replace("direction:ltr", "direction:rtl").replace("text-align:left", "text-align:right")
    return html
