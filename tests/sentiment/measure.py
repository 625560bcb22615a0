"""Sentences with the sign that their reader gives them, and that of the number which ingest computes."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ingest.domain.sentiment import sentiment_of

SENTENCES = Path(__file__).parent / "sentences.tsv"
# A number between this and its negative says neither.
LINE = 0.1


class Sentence(NamedTuple):
    """``part`` is ``seen`` if rules and words were written with it in view, ``unseen`` if it was written afterwards."""

    language: str
    part: str
    sign: str
    text: str


def read(path: Path) -> list[Sentence]:
    return [Sentence(*line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines()]


def sign_of(text: str) -> str:
    number = sentiment_of(text) or 0.0
    return "+" if number > LINE else "-" if number < -LINE else "0"


def errors(sentences: Iterable[Sentence]) -> list[tuple[Sentence, float | None]]:
    return [(each, sentiment_of(each.text)) for each in sentences if sign_of(each.text) != each.sign]


def table(sentences: Iterable[Sentence]) -> str:
    """By language and part: how many sentences, how many with the right sign, how many with the opposite one."""
    groups: dict[tuple[str, str], list[Sentence]] = {}
    for each in sentences:
        groups.setdefault((each.language, each.part), []).append(each)
    lines = ["| texts | part | number | right sign | opposite sign |", "|---|---|---|---|---|"]
    for (language, part), those in groups.items():
        right = sum(sign_of(each.text) == each.sign for each in those)
        opposite = sum({sign_of(each.text), each.sign} == {"+", "-"} for each in those)
        lines.append(f"| {language} | {part} | {len(those)} | {right} | {opposite} |")
    return "\n".join(lines)
