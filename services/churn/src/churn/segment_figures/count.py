"""``python -m churn.segment_figures.count`` reads a request, a line of JSON, then pages of customers, one a line.

It writes that all are counted, then each segment, one JSON a line. It computes at low priority, and ends with the
process that started it. It has the sums of all segments in memory, and of customers one page.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

from churn.domain.segment_sums import Member, SegmentSums
from mandegar.children import end_with

LOW_PRIORITY: Final = 10


def page_line(members: Iterable[Member]) -> bytes:
    """A page as the child process reads it."""
    return json.dumps([(each.customer_id, each.spans.hex(), each.segments) for each in members]).encode() + b"\n"


def counted_lines(names: Iterable[str], lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """What the child process writes of some pages."""
    sums = SegmentSums(names)
    for line in lines:
        sums.add(
            Member(customer_id, bytes.fromhex(spans), segments) for customer_id, spans, segments in json.loads(line)
        )
    yield {"counted": True}
    for name, found in sums.by_name.items():
        counts = [(*place, *count) for place, count in found.counts.items()]
        yield {"segment": name, "members": found.members, "fingerprint": found.fingerprint, "counts": counts}
    yield {"result": True}


def main() -> None:
    """Read, count, write."""
    os.nice(LOW_PRIORITY)
    request = json.loads(sys.stdin.buffer.readline())
    end_with(request["parent"])
    for line in counted_lines(request["segments"], sys.stdin.buffer):
        sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
