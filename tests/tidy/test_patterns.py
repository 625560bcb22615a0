"""A foreign text is read in the time of its length: no pattern goes to its end again from each of its places."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from mandegar.clock import thread_seconds
from tidy.tree import product

# Of so many characters a pattern whose time grows with their square takes half a second at least, others some
# milliseconds.
SIZE = 10_000
SECONDS_MAX = 0.25
UNITS = ("a", " ", "@", "0", "-", ".", "a.", "a@", "0,", '"', "/", "\u200c", "۱")
_METHODS = "search|match|fullmatch|sub|subn|finditer|findall|split"


def _modules() -> Iterator[tuple[str, str]]:
    """Name and text of each module with a pattern; a command's own module runs when it is imported."""
    for source in product():
        parts = Path(source.path).with_suffix("").parts
        if "src" in parts and parts[-1] != "__main__" and "re.compile" in source.text:
            yield ".".join(parts[parts.index("src") + 1 :]).removesuffix(".__init__"), source.text


def _patterns(value: object) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _patterns(tuple(value.values()))
    elif isinstance(value, tuple | list | frozenset | set):
        for each in value:
            yield from _patterns(each)


def _seconds(pattern: re.Pattern[str] | re.Pattern[bytes], methods: Iterable[str], text: str) -> float:
    read = text if isinstance(pattern.pattern, str) else text.encode()
    begun = thread_seconds()
    for method in methods:
        if method in ("search", "match", "fullmatch"):
            getattr(pattern, method)(read)
        else:
            sum(1 for _ in pattern.finditer(read))  # type: ignore[arg-type]
    return thread_seconds() - begun


@cache
def _methods(name: str, every: str) -> frozenset[str]:
    """How a pattern of this name is used anywhere."""
    return frozenset(re.findall(rf"\b{name}(?:\[[^\]]*\])?\.({_METHODS})\b", every)) or frozenset(
        {"search", "fullmatch"}
    )


TEXTS = [(unit, before + (unit * SIZE)[:SIZE] + "\0A") for unit in UNITS for before in ("", "1")]
MODULES = [*_modules()]


@pytest.mark.parametrize("service", ["churn", "ingest", "loyalty", "mandegar", "notify"])
def test_no_pattern_takes_longer_than_a_text_is_long(service: str) -> None:
    every = "\n".join(text for _, text in MODULES)
    slow = []
    for module, _ in MODULES:
        if module.split(".")[0] != service:
            continue
        for name, value in vars(import_module(module)).items():
            for pattern in _patterns(value):
                used = _methods(name, every)
                slow += [
                    f"{module}.{name} of {unit!r}: {seconds:.2f} s"
                    for unit, text in TEXTS
                    if (seconds := _seconds(pattern, used, text)) > SECONDS_MAX
                ]

    assert not slow
