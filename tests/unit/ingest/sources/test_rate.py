"""How much one source may send."""

from ingest.sources.rate import Bucket


def test_a_bucket_gives_what_it_holds_and_then_says_how_long_to_wait():
    bucket = Bucket(per_second=10, burst=100, at=0, tokens=100)

    assert bucket.take(100, 0) == 0
    assert bucket.take(20, 0) == 2
    assert bucket.take(20, 1) == 1
    assert bucket.take(20, 2) == 0


def test_a_bucket_never_holds_more_than_its_burst():
    bucket = Bucket(per_second=10, burst=100, at=0, tokens=0)

    assert bucket.take(100, 1_000) == 0
    assert bucket.take(1, 1_000) > 0


def test_more_than_the_burst_is_let_through_once_the_bucket_is_full():
    bucket = Bucket(per_second=10, burst=100, at=0, tokens=100)

    assert bucket.take(1_000, 0) == 0
