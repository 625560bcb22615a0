"""What is legal in a catalogue and surely a mistake, by line."""

from collections.abc import Collection, Iterator
from datetime import datetime

from loyalty.rewards.document import CatalogueDocument, RewardSection
from mandegar.calendar import ShopDays
from mandegar.documents.nodes import LineError, Path
from mandegar.documents.reading import ReadDocument
from mandegar.quantities import to_us


def warnings_of(
    read: ReadDocument[CatalogueDocument], *, days: ShopDays, tiers: Collection[str], now: datetime
) -> list[LineError]:
    """What its author should look at. ``tiers`` are those of the programmes that are or come into force."""
    titles: dict[tuple[str, str], int] = {}
    found = []
    for place, section in enumerate(read.model.rewards):
        path: Path = ("rewards", place)
        for below, message in _of_reward(section, days, tiers, to_us(now)):
            found.append(read.at((*path, *below), message))
        for language, title in section.title.by_language.items():
            other = titles.setdefault((language, title.strip()), place)
            if other != place:
                name = read.model.rewards[other].name
                found.append(read.at((*path, "title", language), f"the reward {name} has the same title"))
    return sorted(found)


def _of_reward(section: RewardSection, days: ShopDays, tiers: Collection[str], now: int) -> Iterator[tuple[Path, str]]:
    _, end = section.window.bounds(days)
    if end is not None and end <= now:
        yield ("window", "until"), "this window is over: nobody can take the reward"
    for place, tier in enumerate(section.tiers or ()):
        if tier not in tiers:
            yield ("tiers", place), f"the programme has no tier {tier}"
    if section.stock == 0:
        yield ("stock",), "nothing is in stock: nobody can take the reward"
    if section.price == 0 and section.limit is None:
        yield ("price",), "it costs nothing, and no limit says how often a customer may take it"
    if section.percent == 100 and section.minimum_spend is None:
        yield ("percent",), "the whole order costs nothing, up to at_most"
    if section.amount is not None and section.minimum_spend is not None and section.minimum_spend < section.amount:
        yield ("minimum_spend",), "the reward is worth more than the order that it asks for"
