"""Acts of callers, where what is tested needs one and not who it was."""

from mandegar.database import Act


def act(shop: str = "s", action: str = "test.act") -> Act:
    return Act(shop, "key", None, action, "target")
