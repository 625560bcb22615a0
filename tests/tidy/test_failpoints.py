from mandegar.failpoints import Failpoint
from tidy.tree import product


def test_every_failpoint_is_passed_in_exactly_one_place():
    text = "\n".join(source.text for source in product())
    passes = {failpoint: text.count(f"reach(Failpoint.{failpoint.name})") for failpoint in Failpoint}
    assert passes == dict.fromkeys(Failpoint, 1)
