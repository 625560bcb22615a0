"""A topic is named once, in the table of topics; everything else says it by its constant."""

import re

from mandegar.events.topics import RAW_PREFIX, TOPICS
from tidy.tree import report, sources

TABLE = "libs/shared/src/mandegar/events/topics.py"
_NAMES = "|".join(re.escape(topic.name) for topic in TOPICS)
# The name itself, alone or with a prefix in front of it; words of a sentence that speak of a topic are no use of it.
_USE = re.compile(rf"^(?:\S*\W)?(?:{_NAMES})$|^{re.escape(RAW_PREFIX)}")


def test_topics_are_named_in_one_file():
    found = [
        f"{source.path}:{line} {text!r}"
        for source in sources("libs", "services", "deploy")
        if source.path != TABLE
        for line, text in source.strings()
        if _USE.search(text)
    ]

    assert not found, report(f"name topics by the constants of {TABLE}", found)
