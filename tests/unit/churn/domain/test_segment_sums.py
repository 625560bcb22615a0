"""The sums of segments are those of their members, however these are divided into pages."""

from hypothesis import given
from hypothesis import strategies as st

from churn.domain.counting import PlainCounts, add_counts, part_counts
from churn.domain.segment_sums import Member
from churn.domain.turnover import Sum, pack_turnover, span_of, unpack_spans
from churn.segment_figures.count import counted_lines, page_line

NAMES = ("a", "b", "c", "nobody's")
DAYS = st.integers(730_000, 740_000).map(span_of)
TURNOVERS = st.dictionaries(DAYS, st.builds(Sum, st.integers(1, 9), st.integers(0, 2**90)), max_size=4)
SEGMENTS = st.lists(st.sampled_from((*NAMES[:3], "removed")), unique=True)
CUSTOMERS = st.lists(st.tuples(st.text(), TURNOVERS.map(pack_turnover), SEGMENTS), max_size=8, unique_by=lambda c: c[0])


@given(CUSTOMERS.map(lambda people: [Member(*each) for each in people]), st.integers(1, 4))
def test_each_segment_has_the_counts_of_its_members(people, size):
    pages = [page_line(people[start : start + size]) for start in range(0, len(people), size)]
    first, *found, last = counted_lines(NAMES, pages)

    assert ("counted" in first, "result" in last, [each["segment"] for each in found]) == (True, True, [*NAMES])
    for each in found:
        expected: PlainCounts = {}
        members = [person for person in people if each["segment"] in person.segments]
        for member in members:
            add_counts(expected, part_counts(unpack_spans(member.spans)))
        assert each["members"] == len(members)
        assert sorted(each["counts"]) == sorted((*place, *count) for place, count in expected.items())


@given(CUSTOMERS, st.data())
def test_other_members_or_orders_have_another_fingerprint(people, data):
    if not people:
        return
    changed = data.draw(st.integers(0, len(people) - 1))
    name, spans, _ = people[changed]
    others = [
        *people[:changed],
        (name, spans + pack_turnover({span_of(738_000): Sum(1, 1)}), ["a"]),
        *people[changed + 1 :],
    ]
    with_all = [(name, spans, [*NAMES]) for name, spans, _ in people]
    prints = [_fingerprint(with_all), _fingerprint(with_all[::-1])]
    assert prints[0] == prints[1]
    assert _fingerprint([(name, spans, [*NAMES]) for name, spans, _ in others]) != prints[0]
    assert _fingerprint(with_all[:changed] + with_all[changed + 1 :]) != prints[0]


def _fingerprint(people):
    _, first, *_ = counted_lines(NAMES, [page_line(Member(*each) for each in people)])
    return first["fingerprint"]
