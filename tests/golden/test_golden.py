"""The same decisions as were kept, by a part of the tapes; `make golden` plays all of them."""

from __future__ import annotations

import pytest

from tests.golden import store

_SEEDS = [name for name in store.names() if name.startswith("seed")]
_OTHERS = [name for name in store.names() if not name.startswith("seed")]


@pytest.mark.parametrize("name", _SEEDS[::20] + _OTHERS[::3])
def test_what_was_decided_then_is_decided_now(name: str) -> None:
    assert not store.difference(name)
