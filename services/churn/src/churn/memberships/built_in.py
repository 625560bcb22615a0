"""The segments that every shop has: documents like those of shops, of version 0."""

from functools import cache
from importlib.resources import files
from typing import Final

import yaml

# Counts changes of ``built_in.yaml``: customers are brought under a higher number.
BUILT_INS: Final = 2


@cache
def built_in_documents() -> dict[str, str]:
    """The document of each built-in segment, by name."""
    text = files("churn.memberships").joinpath("built_in.yaml").read_text()
    return {
        name: yaml.safe_dump(
            {"version": 1, "publish": False, **segment}, sort_keys=False, allow_unicode=True, default_flow_style=None
        )
        for name, segment in yaml.safe_load(text).items()
    }
