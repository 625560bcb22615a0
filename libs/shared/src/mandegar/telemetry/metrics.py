"""The library's metrics: name, meaning, unit and labels of each. Every label has a small, fixed set of values."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

EVENTS_APPLIED = Counter("events_applied_total", "Events whose effects were committed", ["group"])
INBOX_DUPLICATES = Counter("inbox_duplicates_total", "Deliveries of events that were applied before", ["group"])
DEAD_LETTERS = Counter("dead_letters_total", "Records that became dead letters", ["group"])
SET_ASIDE = Counter("events_set_aside_total", "Events that a batch left to the lane beside", ["group"])
MERGED = Counter("customers_merged_total", "Customers who turned out to be others, to whom went what was held of them")
ERASED = Counter("customers_erased_total", "Ids of customers of whom everything was erased")
DROPPED = Counter(
    "events_of_erased_customers_total", "Events without effect, because their customers are erased", ["group"]
)
WAITING_BESIDE = Gauge("waiting_beside_rows", "Events and settlings that wait for the lane beside (up to 100,000)")
WAITING_BESIDE_CUSTOMERS = Gauge("waiting_beside_customers", "Customers of whom something waits for the lane beside")
WAITING_BESIDE_AGE = Gauge("waiting_beside_oldest_age_seconds", "Age of what has waited longest for the lane beside")
BESIDE_RETRIES = Counter("beside_retries_total", "Transactions of the lane beside that were rolled back", ["error"])
EXPIRED = Counter("rows_expired_total", "Rows, or contents of rows, that were deleted because they expired", ["what"])
DEAD_LETTERS_OPEN = Gauge("dead_letters_open", "Dead letters that were not released")
BRAKE = Gauge(
    "dead_letter_brake_engaged", "1 while a group is stopped because most of its records became dead letters", ["group"]
)
END_TO_END = Histogram(
    "event_end_to_end_seconds",
    "Time from recordedtime until applied, for the oldest event of each batch",
    ["group"],
    buckets=_SECONDS,
)
BATCH_SECONDS = Histogram("batch_seconds", "Time from poll to commit of one batch", ["group"], buckets=_SECONDS)
OFFSET_CONFLICTS = Counter(
    "offset_cas_conflicts_total", "Partitions whose stored offset had been moved by another owner", ["group"]
)
HOLES = Counter("lane_holes_total", "Gaps in a log, or restarts of it, accepted after three polls", ["group", "topic"])
LANE_RETRIES = Counter("lane_retries_total", "Batches rolled back for a transient error", ["group", "error"])
LANE_GIVEN_UP = Gauge(
    "lane_retries_in_a_row", "How often in a row the present batch of a partition was rolled back", ["group"]
)
REBALANCES = Counter("kafka_rebalances_total", "Partition assignments received", ["group"])
ASSIGNED = Gauge("kafka_assigned_partitions", "Partitions this process applies now", ["group"])
LAG = Gauge(
    "kafka_consumer_lag_records", "Records of assigned partitions not applied yet; NaN while unknown", ["group"]
)
LAG_SECONDS = Gauge(
    "kafka_consumer_lag_seconds",
    "Age of the oldest record not applied yet; 0 without one, NaN while unknown",
    ["group"],
)

OUTBOX_PUBLISHED = Counter("outbox_published_total", "Outbox rows acknowledged by the broker")
OUTBOX_ERRORS = Counter("outbox_publish_errors_total", "Relay rounds that failed", ["error"])
OUTBOX_REFUSED = Gauge("outbox_topic_refused", "1 while the broker refuses rows of a topic, which wait", ["topic"])
OUTBOX_ROWS = Gauge("outbox_rows", "Outbox rows waiting (counted up to 100,000)")
OUTBOX_AGE = Gauge("outbox_oldest_age_seconds", "Age of the oldest waiting outbox row")

DUE_SETTLED = Counter("due_settled_total", "Customers settled by the timer")
DUE_PUT_OFF = Counter("due_put_off_total", "Customers that could not be settled and were postponed")
DUE_LATENESS = Histogram(
    "due_lateness_seconds", "Delay between a customer's due instant and its settling", buckets=_SECONDS
)

HTTP_SECONDS = Histogram(
    "http_request_duration_seconds", "Duration of HTTP requests", ["route", "method", "code"], buckets=_SECONDS
)
DOCUMENTS_UNREADABLE = Counter(
    "documents_unreadable_total", "Stored versions left out because this release cannot read them", ["kind"]
)
KEY_RELOADS = Counter("token_key_reloads_total", "Attempts to load the key set again, by result", ["result"])
HTTP_REFUSED = Counter(
    "http_refused_total", "Requests and connections that the HTTP server refused or closed by its limits", ["reason"]
)
CREDENTIALS_REFUSED = Counter(
    "http_credentials_refused_total", "Requests without valid credentials, by the code of the answer", ["code"]
)
READY = Gauge("service_ready", "1 if /readyz answers 200, else 0")
UNREADY = Gauge("service_unready", "1 while a required check fails, which makes the process unready", ["check"])
DEGRADED = Gauge("service_degraded", "1 while an optional check fails", ["check"])
KAFKA_UP = Gauge("kafka_up", "1 if the broker answered this process when it was last asked, else 0")
DATABASE_UP = Gauge("database_up", "1 if the database answered this process when it was last asked, else 0")
REPLICA_USED = Gauge("read_replica_used", "1 while reads go to the read replica, 0 while they go to the primary")
REPLICA_LAG = Gauge("read_replica_lag_seconds", "By how much the read replica is behind the primary")
REPLICA_FAILURES = Counter("read_replica_failures_total", "Reads that failed on the read replica", ["error"])
LOOP_LAG = Gauge("event_loop_lag_seconds", "Delay of the event loop's last turn")
BUILD = Gauge(
    "build_info",
    "Always 1; the labels name the service, its version, the role of the process, and how its Python was built",
    ["service", "version", "role", "python"],
)


@lru_cache(maxsize=1024)
def http_seconds(route: str, method: str, status: int) -> Histogram:
    """``HTTP_SECONDS`` of these labels, which takes longer to find than to observe."""
    return HTTP_SECONDS.labels(route, method, str(status))


def leave_out(gauges: Iterable[Any]) -> None:
    """Leave gauges out of the metrics of this process, because another one measures them; here they would be 0."""
    for gauge in gauges:
        REGISTRY.unregister(gauge)
