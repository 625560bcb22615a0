"""Rules about acts that never decide, and that nothing is paid by: surely a mistake."""

from collections.abc import Iterator, Sequence

from loyalty.domain.act_rules import COMPLETED, ActRule, Cap
from mandegar.documents.nodes import Path


def overshadowed(rules: Sequence[ActRule], caps: Sequence[Cap]) -> Iterator[tuple[Path, str]]:
    """The rules about acts behind one that always decides before them, and those that a cap always refuses."""
    before: dict[tuple[str, str], list[ActRule]] = {}
    for place, rule in enumerate(rules):
        about = before.setdefault((rule.on, rule.act), [])
        covering = next((other for other in about if _covers(other, rule)), None)
        if covering is not None:
            yield ("acts", place), f"the rule never decides: {covering.name} always comes before it"
        about.append(rule)
        for cap in caps:
            if cap.covers(rule.name) and not cap.truncates and rule.points > cap.points:
                yield (
                    ("acts", place, "points"),
                    f"the rule never pays: the cap {cap.name} refuses more than {cap.points}",
                )


def _covers(first: ActRule, later: ActRule) -> bool:
    """Whether the first rule decides about each act that the later one is about."""
    if (first.bought and not later.bought) or (first.on == COMPLETED and first.fields != later.fields):
        return False
    if not (_holds(first.channels, later.channels) and _holds(first.branches, later.branches)):
        return False
    if first.begin is not None and (later.begin is None or later.begin < first.begin):
        return False
    if first.end is not None and (later.end is None or later.end > first.end):
        return False
    return _holds(first.tiers, later.tiers)


def _holds(first: frozenset[str], later: frozenset[str]) -> bool:
    """Whether what the first rule asks for is so wherever it is for the later one; a rule that names none asks for
    nothing.
    """
    return not first or bool(later and later <= first)
