"""The pen: of the consoles that are attached to an engine, one writes at a time."""

from __future__ import annotations

from collections.abc import Callable


class Pen:
    """Who holds it. `told` is called with the holder's name, empty for nobody, whenever that changes."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._holder: object = None
        self.name = ""

    def held_by(self, client: object) -> bool:
        """Whether this client holds it."""
        return self._holder is client

    def take(self, client: object, name: str, *, over: bool = False) -> bool:
        """Give it to this client if it is free, or take it from whoever has it; returns whether the client
        holds it now."""
        if self._holder is None or over:
            self._give(client, name)
        return self.held_by(client)

    def release(self, client: object) -> None:
        """Free it, if this client holds it."""
        if self.held_by(client):
            self._give(None, "")

    def _give(self, holder: object, name: str) -> None:
        self._holder, self.name = holder, name
        self._told(name)
