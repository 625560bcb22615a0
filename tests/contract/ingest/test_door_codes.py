"""The codes of the door are a promise to shops: the manual lists exactly those that can be answered."""

import re
from pathlib import Path

from ingest.domain.outcomes import NOTES, QUARANTINED, REJECTED, RETRY, SUPPRESSED

MANUAL = Path(__file__).parents[3] / "services/ingest/README.md"


def listed(status: str) -> set[str]:
    """The codes in the manual's row of a status."""
    (row,) = re.findall(rf"^\| `{status}`[^|]*\|(.*)\|$", MANUAL.read_text(), re.MULTILINE)
    return set(re.findall(r"`([a-z_]+)`", row))


def test_the_manual_lists_every_code():
    assert listed("accepted") == NOTES
    assert listed("quarantined") == QUARANTINED
    assert listed("rejected") == REJECTED
    assert listed("retry") == RETRY
    assert listed("suppressed") == SUPPRESSED


def test_a_code_means_one_status():
    assert not NOTES & QUARANTINED
    assert not (NOTES | QUARANTINED) & REJECTED
    assert not (NOTES | QUARANTINED | REJECTED) & RETRY
    assert not (NOTES | QUARANTINED | REJECTED | RETRY) & SUPPRESSED
