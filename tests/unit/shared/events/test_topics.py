"""Topics: one table of names, and one rule that says which partition a key belongs to."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.events import TYPES, topic_of
from mandegar.events.registry import types_of
from mandegar.events.topics import RAW_PREFIX, TOPICS, partition_key, partition_of, raw_topic
from mandegar.kafka.names import TopicNames

names = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.binary(max_size=100), st.integers(1, 1024))
def test_a_partition_is_the_crc32_of_the_key_modulo_partitions(key, partitions):
    assert partition_of(key, partitions) == crc32(key) % partitions


def test_partitions_of_known_keys_never_change():
    found = [partition_of(partition_key("shop", f"c-{number}"), 12) for number in range(6)]

    assert found == [3, 1, 3, 5, 2, 8]


@given(names, names)
def test_a_customers_key_is_shop_and_customer_and_a_shops_is_the_shop(shop, customer_id):
    assert partition_key(shop, customer_id) == f"{shop}:{customer_id}".encode()
    assert partition_key(shop, None) == shop.encode()


def test_every_type_belongs_to_exactly_one_of_the_topics():
    carried = [type_ for topic in TOPICS for type_ in types_of(topic.name)]

    assert sorted(carried) == sorted(TYPES)
    assert all(type_ in types_of(topic_of(type_)) for type_ in TYPES)


def test_an_unknown_type_has_no_topic():
    with pytest.raises(KeyError):
        topic_of("order.teleported")


def test_facts_are_kept_for_good_contacts_compacted_and_raw_records_a_week():
    kept = {topic.name: dict(topic.config) for topic in TOPICS}
    contacts = kept.pop("ingest.contacts")

    assert {config["retention.ms"] for config in kept.values()} == {"-1"}
    assert contacts["cleanup.policy"] == "compact"
    assert raw_topic("web").name == RAW_PREFIX + "web"
    assert dict(raw_topic("web").config)["retention.ms"] == "604800000"


@given(names, names)
def test_a_prefix_comes_off_as_it_went_on(prefix, topic):
    assert TopicNames(prefix).logical(TopicNames(prefix).physical(topic)) == topic
