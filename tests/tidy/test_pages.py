"""Pages and mails that Persian readers see."""

from tidy.tree import ROOT, report

# Chromium draws Persian 4, 6 and 7 in the shapes of Urdu where one of these is asked for by name.
_OF_URDU_DIGITS = ("Noto Naskh Arabic", "Noto Nastaliq Urdu")
_STYLED = (".py", ".html", ".css", ".mjml", ".svg")


def test_no_page_asks_for_a_font_that_draws_persian_digits_as_those_of_urdu():
    files = [
        path
        for folder in ("services", "libs", "deploy")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in _STYLED
    ]
    found = [
        f"{path.relative_to(ROOT)}: {font}"
        for path in files
        for font in _OF_URDU_DIGITS
        if font in path.read_text(encoding="utf-8")
    ]

    assert files
    assert not found, report("fonts that draw Persian digits as those of Urdu", found)
