"""The languages that messages are written in."""

from typing import Literal

Language = Literal["fa", "en"]
LANGUAGES: tuple[Language, ...] = ("fa", "en")


def language_of(*locales: str | None) -> Language:
    """The language of the first locale that has templates (``fa-IR`` -> ``fa``), else English."""
    for locale in locales:
        match (locale or "").replace("_", "-").split("-")[0].lower():
            case "fa":
                return "fa"
            case "en":
                return "en"
    return "en"
