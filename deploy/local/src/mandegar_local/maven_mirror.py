"""The repository from which Kafka's jars come: Maven Central, or the mirror that the user has set."""

import os
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

VARIABLE = "MANDEGAR_MAVEN_URL"
_OF_CENTRAL = {"*", "central", "external:*", "external:http:*"}


def maven_mirror(environment: Mapping[str, str] = os.environ, home: Path | None = None) -> str | None:
    """The mirror in `MANDEGAR_MAVEN_URL`, or that of Maven Central in `~/.m2/settings.xml`; None if there is none."""
    if named := environment.get(VARIABLE):
        return named
    settings = (home or Path.home()) / ".m2" / "settings.xml"
    try:
        root = ET.fromstring(settings.read_text())  # noqa: S314  the user's own file
    except (OSError, UnicodeDecodeError, ET.ParseError):
        return None
    for mirror in root.iterfind("{*}mirrors/{*}mirror"):
        of = {part.strip() for part in (mirror.findtext("{*}mirrorOf") or "").split(",")}
        url = (mirror.findtext("{*}url") or "").strip()
        if url and of & _OF_CENTRAL and "!central" not in of:
            return url
    return None
