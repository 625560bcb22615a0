"""``make generate``: writes the documents and modules that are generated from the code."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from generated.customer_tables import MODULES
from generated.events import events_page

ROOT = Path(__file__).parents[2]
DOCUMENTS = {"docs/events.md": events_page}


def main() -> None:
    for path, text in (DOCUMENTS | MODULES).items():
        (ROOT / path).write_text(text())


if __name__ == "__main__":
    main()
