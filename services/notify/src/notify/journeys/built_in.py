"""The built-in journeys, one document each under ``defaults/``: version 0 in every shop."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from mandegar.documents.rows import Version
from mandegar.documents.versions import built_in


@cache
def built_in_versions() -> Mapping[str, Version]:
    """Version 0 of each built-in journey by name, in the order of names; of no shop in particular."""
    documents = (files("notify") / "journeys" / "defaults").iterdir()
    names = {file.name.removesuffix(".yaml"): file for file in documents if file.name.endswith(".yaml")}
    versions = {name: built_in("", names[name].read_text(encoding="utf-8"), name) for name in sorted(names)}
    return MappingProxyType(versions)
