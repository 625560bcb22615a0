"""How much one source may send."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.sources import Allowance, Shop, Source
from ingest.settings import IngestSettings
from ingest.sources.rate import Bucket, RateLimits


def take(bucket: Bucket, wanted: float, now: float) -> float:
    seconds = bucket.wait(wanted, now)
    if not seconds:
        bucket.spend(wanted)
    return seconds


def test_a_bucket_gives_what_it_holds_and_then_says_how_long_to_wait():
    bucket = Bucket(per_second=10, burst=100, at=0, tokens=100)

    assert take(bucket, 100, 0) == 0
    assert take(bucket, 20, 0) == 2
    assert take(bucket, 20, 1) == 1
    assert take(bucket, 20, 2) == 0


def test_a_bucket_never_holds_more_than_its_burst():
    bucket = Bucket(per_second=10, burst=100, at=0, tokens=0)

    assert take(bucket, 100, 1_000) == 0
    assert take(bucket, 1, 1_000) > 0


def test_more_than_the_burst_is_let_through_once_the_bucket_is_full_and_is_paid_for_later():
    bucket = Bucket(per_second=10, burst=100, at=0, tokens=100)

    assert take(bucket, 1_000, 0) == 0
    assert take(bucket, 1, 0) == 90.1
    assert take(bucket, 1_000, 90) == 10
    assert take(bucket, 1_000, 100) == 0


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 1_000)), max_size=100))
def test_no_history_gets_more_than_the_rate_and_one_burst(asked):
    """A request larger than the burst may owe the rest, so one such request comes on top."""
    bucket, now, taken = Bucket(per_second=100, burst=500, at=0, tokens=500), 0.0, 0
    for pause, events in asked:
        now += pause
        wait = take(bucket, events, now)
        if not wait:
            taken += events
        else:
            assert replace(bucket).wait(events, now + wait) < 1e-6, "it could not come back when it was told to"
        assert taken <= 500 + 100 * now + 1_000


def source(trust: str = "server", name: str = "s", **allowance: float) -> Source:
    shop = Shop("demo", "IRR", ZoneInfo("Asia/Tehran"), "IR")
    return Source(name, shop, trust=trust, allowance=Allowance(**allowance))  # type: ignore[arg-type]


def limits(**settings: float) -> RateLimits:
    return RateLimits(IngestSettings.model_construct(**{**DEFAULTS, **settings}))


DEFAULTS = {name: field.default for name, field in IngestSettings.model_fields.items()}


def test_a_browser_source_may_send_much_less_than_a_server_and_both_less_than_a_process_stores():
    server, browser = limits().limits(source()), limits().limits(source("browser"))

    assert (server.events.per_second, browser.events.per_second) == (2_000, 20)
    assert (server.bytes.per_second, browser.bytes.per_second) == (2 * 1024 * 1024, 64 * 1024)


def test_a_source_with_a_limit_of_its_own_has_it_from_its_next_request_on():
    rates = limits()
    assert rates.take(source(), 20_000) == 0
    assert 0 < rates.take(source(), 1_000) <= 0.5
    assert rates.take(source(events_per_second=10), 1) > 0
    assert rates.limits(source(events_per_second=10)).events.burst == 100


def test_sources_of_a_shop_share_what_the_shop_may_send():
    rates = limits(shop_events_per_second=100, source_events_per_second=100)
    assert rates.take(source(name="one"), 900) == 0

    assert rates.take(source(name="two"), 200) > 0
    assert rates.take(source(name="two"), 50) == 0


def test_a_refused_request_takes_nothing_from_any_bucket():
    rates = limits(shop_bytes_per_second=10, source_bytes_per_second=1_000)
    assert rates.wait(source(name="one"), 100) == 0
    for _ in range(100):
        assert rates.wait(source(name="two"), 50) > 0

    assert rates.limits(source(name="two")).bytes.tokens == 10_000


def test_a_source_without_an_event_to_spare_waits_before_its_body_is_read():
    rates = limits(source_events_per_second=1, rate_burst_seconds=10)
    assert rates.take(source(), 10) == 0

    assert rates.wait(source(), 1) > 0


def test_headers_say_the_quota_what_is_left_and_when_it_is_full():
    rates = limits()
    rates.take(source(), 5_000)
    headers = rates.headers(source())

    assert headers["RateLimit-Policy"] == '"events";q=20000;w=10, "bytes";q=20971520;qu="content-bytes";w=10'
    events, size = headers["RateLimit"].split(", ")
    assert events in {'"events";r=15000;t=3', '"events";r=15001;t=3'}
    assert size == '"bytes";r=20971520;t=0'


def test_rates_that_changed_count_from_the_next_reading_of_the_key_on():
    rates = limits(source_events_per_second=10, rate_burst_seconds=1)
    before, after = source(), source(events_per_second=50)

    assert rates.limits(before) is rates.limits(before)
    assert rates.limits(before).events.per_second == 10
    assert rates.limits(after).events.per_second == 50
    assert rates.limits(after).events is rates.limits(before).events
