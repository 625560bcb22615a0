"""The catalogue of metrics: every name, its meaning, its unit and its labels. Labels are few and bounded."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

EVENTS_APPLIED = Counter("events_applied_total", "Events whose effects were committed", ["group"])
INBOX_DUPLICATES = Counter("inbox_duplicates_total", "Deliveries of an event that was applied before", ["group"])
DEAD_LETTERS = Counter("dead_letters_total", "Records that can never be applied", ["group"])
DEAD_LETTERS_OPEN = Gauge("dead_letters_open", "Dead letters that nobody has released")
BRAKE = Gauge(
    "dead_letter_brake_engaged", "1 while a group stands still because it refused most of its records", ["group"]
)
END_TO_END = Histogram(
    "event_end_to_end_seconds",
    "From being written down (recordedtime) until applied, for the oldest event of each batch",
    ["group"],
    buckets=_SECONDS,
)
BATCH_SECONDS = Histogram("batch_seconds", "Time from poll to commit of one batch", ["group"], buckets=_SECONDS)
OFFSET_CONFLICTS = Counter("offset_cas_conflicts_total", "Partitions refused by the offset fence", ["group"])
HOLES = Counter(
    "lane_holes_total", "Gaps, or returns to the beginning of a log, accepted after three looks", ["group", "topic"]
)
LANE_RETRIES = Counter("lane_retries_total", "Batches given up for a passing error", ["group", "error"])
REBALANCES = Counter("kafka_rebalances_total", "Assignments received", ["group"])
ASSIGNED = Gauge("kafka_assigned_partitions", "Partitions this process applies now", ["group"])
LAG = Gauge("kafka_consumer_lag_records", "Records of assigned partitions not applied yet", ["group"])
LAG_SECONDS = Gauge(
    "kafka_consumer_lag_seconds", "Age of the oldest record not applied yet; 0 when there is none", ["group"]
)

OUTBOX_PUBLISHED = Counter("outbox_published_total", "Outbox rows acknowledged by the broker")
OUTBOX_ERRORS = Counter("outbox_publish_errors_total", "Relay rounds that failed", ["error"])
OUTBOX_ROWS = Gauge("outbox_rows", "Outbox rows waiting (counted up to 100,000)")
OUTBOX_AGE = Gauge("outbox_oldest_age_seconds", "Age of the oldest waiting outbox row")

DUE_SETTLED = Counter("due_settled_total", "Customers settled because their instant came")
DUE_PUT_OFF = Counter("due_put_off_total", "Times that a customer could not be settled and was put off")
DUE_LATENESS = Histogram(
    "due_lateness_seconds", "How late after its instant something due was settled", buckets=_SECONDS
)

HTTP_SECONDS = Histogram(
    "http_request_duration_seconds", "Time to answer", ["route", "method", "code"], buckets=_SECONDS
)
LOOP_LAG = Gauge("event_loop_lag_seconds", "How late the event loop runs")
BUILD = Gauge("build_info", "Always 1; the labels say what runs", ["service", "version"])
