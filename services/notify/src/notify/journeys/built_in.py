"""The built-in journeys, one YAML document each under ``defaults/``."""

from functools import cache
from importlib.resources import files

import yaml

from notify.domain.journey import Journey, parse


@cache
def built_in() -> dict[str, Journey]:
    """The packaged journeys by name."""
    documents = [
        yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in (files("notify") / "journeys" / "defaults").iterdir()
        if file.name.endswith(".yaml")
    ]
    return {document["name"]: parse(document) for document in documents}
