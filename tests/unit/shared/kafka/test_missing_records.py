"""What a reader from the beginning does without is told by its offsets."""

from aiokafka import TopicPartition

from mandegar.kafka.missing_records import Missing, listed, missing_before


def test_what_a_partition_has_lost_before_the_wanted_offset_is_missing():
    places = [TopicPartition("ingest.events", number) for number in range(4)]
    first = dict(zip(places, [0, 3, 7, 7], strict=True))
    wanted = {places[2]: 5, places[3]: 9}
    assert missing_before(first, wanted) == [Missing("ingest.events", 1, 0, 3), Missing("ingest.events", 2, 5, 7)]


def test_of_much_that_is_missing_the_first_are_named_and_the_rest_are_counted():
    missing = [Missing("loyalty.events", number, 0, 1_200) for number in range(25)]
    text = listed(missing, most=2)
    assert text == (
        "loyalty.events, partition 0: offsets 0 to 1,199; loyalty.events, partition 1: offsets 0 to 1,199; and 23 more"
    )
    assert "more" not in listed(missing[:2], most=2)
