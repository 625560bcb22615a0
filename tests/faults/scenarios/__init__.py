"""Every fault that one machine can make, by its number in the matrix, and those that it cannot, with the reason."""

from faults.scenario import Scenario
from faults.scenarios import (
    at_random,
    bad_events,
    bad_network,
    broker_away,
    broker_silent,
    changed_topics,
    clocks,
    consumers_come_and_go,
    corrupt,
    database_away,
    failpoints,
    frozen,
    full_disk,
    killed,
    kills_only,
    leaks,
    moving_in,
    one_person,
    orderly_end,
    overload,
    providers_misbehave,
    read_beside_kills,
    repeated,
    restored,
    rolling,
    slow_database,
    spending,
    zombie,
)

_FILES = (
    rolling, failpoints, killed, frozen, broker_away, broker_silent, consumers_come_and_go, database_away,
    slow_database, bad_network, bad_events, repeated, overload, providers_misbehave, orderly_end, at_random,
    zombie, kills_only, corrupt, clocks, leaks, full_disk, restored, changed_topics, read_beside_kills,
    one_person, moving_in, spending,
)  # fmt: skip
SCENARIOS: dict[str, Scenario] = {row.name: row for file in _FILES for row in file.SCENARIOS}

ELSEWHERE: dict[str, str] = {
    "F6": "needs a broker that answers with errors of our choice: librdkafka's mock cluster, in tests of the client",
    "F23": "needs two builds of each service; the contract tests read the events of every earlier form instead",
    "F24": "this broker and this database have no secrets that could be rotated while they run",
}
"""What is not broken here, and why."""
