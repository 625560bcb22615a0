"""Catalogues of rewards as a shop writes them."""

from typing import Any


def reward(name: str = "ten-off", **changes: Any) -> dict[str, Any]:
    """A reward of 100 points, but for ``changes``; one that is None is left out."""
    fields = {"name": name, "title": {"en": name}, "kind": "amount_off", "amount": 100_000, "price": 100, **changes}
    return {key: value for key, value in fields.items() if value is not None}


def catalogue(*rewards: dict[str, Any], currency: str = "IRR") -> str:
    """The document of a catalogue, as JSON, which is YAML."""
    lines = ["version: 1", f"currency: {currency}", "rewards:"]
    lines += [f"  - {_flow(one)}" for one in rewards]
    return "\n".join(lines) + ("\n" if rewards else " []\n")


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
