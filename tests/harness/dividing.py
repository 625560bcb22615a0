"""How a run is divided among its workers: each test goes to whoever is free, those around one dear fixture to one."""

from xdist.scheduler import LoadScopeScheduling

# What these folders look at takes longer to make than to look at.
TOGETHER = ("tests/integration/faults/",)


class Dividing(LoadScopeScheduling):
    """The division of work by pytest-xdist, in units of one test or of one folder in ``TOGETHER``."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)
