"""What the services of an installation have applied is among the records of its brokers."""

from datetime import UTC, datetime

import pytest

from mandegar.moving.take_out import Taken
from mandegar_local.moving.export_shop import require_one_installation
from mandegar_local.stack_error import StackError


@pytest.mark.parametrize(("partition", "offset", "ours"), [(0, 7, True), (0, 8, False), (1, 0, True), (1, 1, False)])
def test_a_service_that_has_applied_what_the_brokers_do_not_have_is_of_another_installation(partition, offset, ours):
    """The brokers may have fewer partitions than the database has read."""
    taken = Taken(datetime(2026, 11, 22, tzinfo=UTC), "key", "0001", 0, 0, [("ingest.events", partition, offset)])
    if ours:
        require_one_installation({"churn": taken}, {"ingest.events": [7]})
    else:
        with pytest.raises(StackError, match="another installation"):
            require_one_installation({"churn": taken}, {"ingest.events": [7]})
