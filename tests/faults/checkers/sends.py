"""I6, sends: a provider is asked once per decision; what nobody can know is unknown, and only what was made so."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.tables import Row
from mandegar.events.topics import NOTIFY_EVENTS
from notify.channels.sms.kavenegar import local_id
from notify.settings import NotifySettings

# What a provider did with a call, in the words of its journal.
NOT_TAKEN_OVER = frozenset({"refuse_for_now", "too_many"})
LEAVES_DOUBT = frozenset({"broken", "garbage", "lose_answer"})

ENDS = ("sent", "refused", "unknown", "withheld")
CLAIMED_TOGETHER: int = NotifySettings.model_fields["delivery_batch"].default
LOSES_ANSWERS = ("notify", "postgres", "database", "smtp", "sms", "provider")
"""A fault of one of these takes the answers of what was claimed together with it, and not more."""

Calls = Mapping[UUID, Counter[str]]


def check(run: Run) -> Finding:
    sends = {row["send_id"]: row for row in run.rows("notify", "sends")}
    calls, strangers = _calls_of(run, sends)
    states = Counter(row["state"] for row in sends.values())
    broken = [
        *strangers,
        *_called_twice(calls),
        *_untrue(sends, calls),
        *_undecided(run, sends.values()),
        *_untold(run, sends),
        *_too_many_unknown(run, sends.values()),
    ]
    figure = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items())) or "none"
    return finding("I6 sends", f"{len(sends):,} sends ({figure}) in {len(run.calls):,} calls", broken)


def _calls_of(run: Run, sends: Mapping[UUID, Row]) -> tuple[Calls, list[str]]:
    """What each send was called for and what came of it; an SMS goes by the number that stands for its id."""
    names = {str(id_): id_ for id_ in sends} | {str(local_id(id_)): id_ for id_ in sends}
    calls: dict[UUID, Counter[str]] = defaultdict(Counter)
    strangers = []
    for call in run.calls:
        send = names.get(str(call["send_id"]))
        if send is None:
            strangers.append(f"{call['send_id']}: a provider was called for a send that is not there")
        else:
            calls[send][call["outcome"]] += 1
    return calls, strangers


def _taken_over(outcomes: Counter[str]) -> int:
    return sum(times for outcome, times in outcomes.items() if outcome not in NOT_TAKEN_OVER)


def _called_twice(calls: Calls) -> Iterator[str]:
    for send, outcomes in calls.items():
        if _taken_over(outcomes) > 1:
            yield f"{send}: taken over {_taken_over(outcomes)} times"


def _untrue(sends: Mapping[UUID, Row], calls: Calls) -> Iterator[str]:
    """What a send says of itself is what its provider saw."""
    for id_, row in sends.items():
        outcomes = calls.get(id_, Counter())
        if row["state"] == "sent" and not _taken_over(outcomes):
            yield f"{id_}: sent, and no provider took it over"
        if row["state"] in ("ready", "withheld") and _taken_over(outcomes):
            yield f"{id_}: {row['state']}, and a provider took it over"
        if row["state"] == "refused" and (outcomes["accept"] or outcomes["slow"]):
            yield f"{id_}: refused, and a provider accepted it"


def _undecided(run: Run, sends: Iterable[Row]) -> Iterator[str]:
    """At rest every send has its end, or waits for an hour that has not come."""
    for row in sends:
        due = row["state"] == "ready" and row["not_before"].timestamp() <= run.evidence.quiet_at
        if due or row["state"] == "sending":
            yield f"{row['send_id']}: still {row['state']}"


def _untold(run: Run, sends: Mapping[UUID, Row]) -> Iterator[str]:
    """Every end is an event, so that the others know."""
    told = {(event.data.message_id, event.type) for event in run.of(NOTIFY_EVENTS) if event.type != "consent.changed"}
    for id_, row in sends.items():
        if row["state"] in ENDS and (id_, f"message.{row['state']}") not in told:
            yield f"{id_}: {row['state']}, and no event says so"


def _too_many_unknown(run: Run, sends: Iterable[Row]) -> Iterator[str]:
    unknown = [row["send_id"] for row in sends if row["state"] == "unknown"]
    doubtful = sum(call["outcome"] in LEAVES_DOUBT for call in run.calls)
    faults = [f"{line['what']} {line['target']}" for line in run.timeline if line["state"] == "begin"]
    lost = sum(any(word in fault for word in LOSES_ANSWERS) for fault in faults)
    if len(unknown) > doubtful + lost * CLAIMED_TOGETHER:
        yield f"{len(unknown)} unknown, but only {doubtful} doubtful answers and {lost} lost workers: {unknown[0]}, …"
