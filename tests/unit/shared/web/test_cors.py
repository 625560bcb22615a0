"""Which headers a page of another origin may send."""

from typing import Any, cast

import pytest

from ingest.doors.cloudevents.read import CloudEvent
from mandegar.web.cors import EXTENSIONS_MAX, Cors


class Everybody:
    def is_known(self, _origin: str) -> bool:
        return True


def allowed(asked: str) -> list[str]:
    answer = Cors(cast("Any", None), cast("Any", Everybody()))._preflight("https://shop.test", asked)
    return answer.headers["access-control-allow-headers"].split(", ")


@pytest.mark.parametrize("attribute", sorted(set(CloudEvent.__struct_fields__) - {"data", "data_base64"}))
def test_a_page_may_send_every_attribute_that_the_door_reads(attribute: str) -> None:
    assert f"ce-{attribute}" in allowed("")
    assert "Content-Type" in allowed("")


def test_extensions_of_cloud_events_are_allowed_where_a_page_asks_for_them_and_nothing_else() -> None:
    names = allowed("CE-Till, x-secret, ce-type, ce-, ce-a b, ce-" + "x" * 21 + ", ce-partitionkey")

    assert names[-2:] == ["ce-till", "ce-partitionkey"]
    assert names.count("ce-type") == 1
    assert len(allowed(", ".join(f"ce-x{n}" for n in range(500)))) == len(allowed("")) + EXTENSIONS_MAX
