"""An encoded slash is a letter of an id, and nothing else is taken for one."""

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.events.identity import canonical_customer_id
from mandegar.web.slashes import EncodedSlashes, with_slashes

PREFIX = "/v1/customers/"


async def named(escaped: str) -> str:
    """The id that a route reads from a path."""
    seen: list[str] = []

    async def route(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(with_slashes(scope["path"].removeprefix(PREFIX)))

    raw = (PREFIX + escaped).encode()
    scope = {"type": "http", "raw_path": raw, "path": unquote(raw.decode())}
    await EncodedSlashes(route)(scope, None, None)  # type: ignore[arg-type]
    return seen[0]


@given(st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("/\ue000\ufdd0%"), min_size=1, max_size=6))
async def test_every_id_that_somebody_can_have_is_read_as_it_is(text: str) -> None:
    try:
        canonical_customer_id(text, shop="s", key=b"k")
    except ValueError:
        return
    assert await named(quote(text, safe="")) == text


@pytest.mark.parametrize("letter", ["%EE%80%80", "%ef%b7%90", "\ue000", "\ufdd0"])
async def test_no_letter_stands_for_a_slash(letter: str) -> None:
    written = quote(letter, safe="%")

    assert "/" not in await named(f"a{written}b")
    assert (await named(f"a{written}b%2Fc")).count("/") == 1
