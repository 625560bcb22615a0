"""What churn tells of bands when two ids are one person ends the messages that are no longer true, and no others."""

import pytest

from builders.bands import crossed, left_for_root, restated
from builders.customers import contact
from builders.merges import merged
from harness.notify_service import types

WITHHELD = [("message.withheld", "nothing_bought")]


@pytest.mark.parametrize("heard_first", ["merge", "band"])
async def test_what_waits_about_a_band_that_the_person_is_not_in_is_withheld(notify, heard_first):
    await notify.deliver(contact(customer="a"), crossed(customer="a"))
    events = [merged("a"), left_for_root("c", "healthy", customer="a")]
    published = [
        each for event in events[:: 1 if heard_first == "merge" else -1] for each in await notify.deliver(event)
    ]

    assert types(published) == WITHHELD


@pytest.mark.parametrize("heard_first", ["merge", "band"])
async def test_what_waits_about_the_band_that_the_person_is_in_goes_out_once(notify, heard_first):
    """Told under the alias, restated for the root: no second message, and the first is not lost."""
    await notify.deliver(contact(), contact(customer="a"), crossed(customer="a"))
    events = [merged("a"), left_for_root("c", "at_risk", customer="a"), restated("at_risk")]
    for event in events[:: 1 if heard_first == "merge" else -1]:
        assert await notify.deliver(event) == []

    assert types(await notify.send_out()) == [("message.sent", None)]


async def test_a_late_crossing_of_the_alias_is_followed_by_its_end(notify):
    await notify.deliver(contact(), merged("a"), restated("healthy", version=9))
    await notify.deliver(crossed(customer="a", version=2))

    assert types(await notify.deliver(left_for_root("c", "healthy", customer="a", version=8))) == WITHHELD


async def test_the_roots_own_message_ends_with_a_band_that_is_another_now(notify):
    await notify.deliver(contact(), crossed(version=2), merged("a"))

    assert await notify.deliver(restated("at_risk", version=3)) == []
    assert types(await notify.deliver(restated("healthy", version=5))) == WITHHELD
