from ingest.desk.repairs.failpoints import RepairFailpoint
from ingest.hallway.failpoints import DoorFailpoint
from ingest.imports.failpoints import ImportFailpoint
from ingest.reconciling.failpoints import ReconcilingFailpoint
from mandegar.failpoints import StreamFailpoint, failpoints
from mandegar.moving.failpoints import MovingFailpoint
from notify.sends.failpoints import DeliveryFailpoint
from tidy.tree import product

ROOMS = (
    StreamFailpoint,
    MovingFailpoint,
    DoorFailpoint,
    RepairFailpoint,
    ReconcilingFailpoint,
    ImportFailpoint,
    DeliveryFailpoint,
)


def test_every_failpoint_is_passed_in_exactly_one_place():
    text = "\n".join(source.text for source in product())
    passes = {
        failpoint: text.count(f"reach({type(failpoint).__name__}.{failpoint.name})")
        for room in ROOMS
        for failpoint in room
    }

    assert passes == dict.fromkeys(failpoints().values(), 1)
