"""Command palette entries: the actions of the key map, and the themes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from hypertui.console.keys import Key

PaletteEntry = tuple[str, str, Callable[[], object]]


def entries(
    keys: Iterable[Key], themes: Iterable[str], run: Callable[[str], object], wear: Callable[[str], object]
) -> Iterator[PaletteEntry]:
    """Name, help text and effect of each; `run` starts an action, `wear` puts on a theme."""
    for key in keys:
        if key.palette and key.help:
            words = f"{key.written}  {key.help}" if key.key else key.help
            yield (key.id.replace("_", " ").capitalize(), words, partial(run, key.action))
    for name in themes:
        yield (f"Theme {name}", "change the colours", partial(wear, name))
