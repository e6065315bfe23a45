"""A view as a sequence of differences: encoded once for all clients, put together again by each of them.

Of each trade the fields that have changed are sent, and nothing else. The encoder knows of each field in
which version of the view it changed last; so a client that has any earlier version, however much was left
out on the way, gets what it lacks of all that came since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from hypertui.core.redaction import printable
from hypertui.port.engine import EngineView
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Snapshot
from hypertui.server.protocol import WireError

_FIELDS = tuple(field.name for field in fields(Snapshot))


def prepare() -> None:
    """Make now what the first encoding would have to make: that takes a tenth of a second."""
    _codecs()


@cache
def _codecs() -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(Snapshot)
    return {name: TypeAdapter(hints[name]) for name in _FIELDS}


@cache
def _intents() -> TypeAdapter[IntentsView]:
    return TypeAdapter(IntentsView)


@cache
def _signals() -> TypeAdapter[tuple[SignalView, ...]]:
    return TypeAdapter(tuple[SignalView, ...])


class _EncodedTrade:
    """The fields of one trade as JSON, each with the version in which it changed last."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self._fragments: dict[str, tuple[int, bytes]] = {}

    def update(self, snapshot: Snapshot, version: int) -> None:
        last = self.snapshot
        for name in _FIELDS:
            value = getattr(snapshot, name)
            if last is not None:
                before = getattr(last, name)
                if before is value or before == value:
                    continue
            said = b'"%b":%b' % (name.encode(), _codecs()[name].dump_json(value))
            self._fragments[name] = (version, said)
        self.snapshot = snapshot

    def since(self, version: int) -> bytes:
        """What has changed since, as members of an object."""
        return b",".join(said for at, said in self._fragments.values() if at > version)


class ViewEncoder:
    """The newest view, as what each client lacks of it. `version` counts the views, the first being 1."""

    def __init__(self) -> None:
        self.version = 0
        self._trades: dict[str, _EncodedTrade] = {}
        self._names: tuple[int, tuple[str, ...]] = (0, ())
        self._pen = (0, "")
        self._intents: tuple[int, IntentsView] = (0, NO_INTENTS)
        self._signals: tuple[int, tuple[SignalView, ...]] = (0, ())
        self._made: dict[int, bytes] = {}

    def update(self, view: EngineView) -> None:
        """Take the newest view; what has not changed costs next to nothing."""
        names = tuple(trade.name for trade in view.trades)
        fresh = [
            trade
            for trade in view.trades
            if (known := self._trades.get(trade.name)) is None or known.snapshot is not trade
        ]
        same_intents = view.intents == self._intents[1]
        same_signals = view.signals is self._signals[1] or view.signals == self._signals[1]
        same_pen = view.pen == self._pen[1]
        same_rest = same_pen and same_intents and same_signals
        if not fresh and names == self._names[1] and same_rest and self.version:
            return
        self.version += 1
        self._made.clear()
        for gone in self._trades.keys() - set(names):
            del self._trades[gone]
        for trade in fresh:
            self._trades.setdefault(trade.name, _EncodedTrade()).update(trade, self.version)
        if names != self._names[1]:
            self._names = (self.version, names)
        if not same_pen or self.version == 1:
            self._pen = (self.version, view.pen)
        if not same_intents:
            self._intents = (self.version, view.intents)
        if not same_signals:
            self._signals = (self.version, view.signals)

    def whole(self) -> bytes:
        """All of it as one object, for whoever asks once."""
        trades = (b"{%b}" % self._trades[name].since(0) for name in self._names[1])
        intents = _intents().dump_json(self._intents[1])
        signals = _signals().dump_json(self._signals[1])
        said = b",".join(trades), to_json(self._pen[1]), intents, signals
        return b'{"trades":[%b],"pen":%b,"intents":%b,"signals":%b}' % said

    def since(self, version: int) -> bytes:
        """What a client lacks that has this version (0: none), as members of an object; made once for all
        that have the same."""
        made = self._made.get(version)
        if made is None:
            made = self._made[version] = self._make(version)
        return made

    def _make(self, version: int) -> bytes:
        parts = [b'"from":%d,"to":%d' % (version, self.version)]
        if self._names[0] > version:
            parts.append(b'"names":' + to_json(self._names[1]))
        if self._pen[0] > version:
            parts.append(b'"pen":' + to_json(self._pen[1]))
        if self._intents[0] > version:
            parts.append(b'"intents":' + _intents().dump_json(self._intents[1]))
        if self._signals[0] > version:
            parts.append(b'"signals":' + _signals().dump_json(self._signals[1]))
        trades = [
            b"%b:{%b}" % (to_json(name), changed)
            for name, trade in self._trades.items()
            if (changed := trade.since(version))
        ]
        if trades:
            parts.append(b'"trades":{%b}' % b",".join(trades))
        return b",".join(parts)


class ViewDecoder:
    """The view of a client, from the differences that it is sent."""

    def __init__(self) -> None:
        self._version = 0
        self._names: tuple[str, ...] = ()
        self._pen = ""
        self._intents = NO_INTENTS
        self._signals: tuple[SignalView, ...] = ()
        self._values: dict[str, dict[str, Any]] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def update(self, found: Mapping[str, Any]) -> EngineView:
        """Take what has changed; returns the view as it is now. Raises WireError for what cannot be taken."""
        if found.get("from") != self._version:
            raise WireError("the engine's changes are not to the view that is here")
        try:
            self._take(found)
            trades = tuple(self._snapshots[name] for name in self._names)
            return EngineView(trades, self._pen, self._intents, self._signals)
        except ValidationError as error:
            where = printable(".".join(str(part) for part in error.errors()[0]["loc"]))
            raise WireError(f"the engine's changes cannot be read: {where}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WireError(f"the engine's changes cannot be read: {printable(repr(error))}") from None

    def _take(self, found: Mapping[str, Any]) -> None:
        codecs = _codecs()
        for name, changed in found.get("trades", {}).items():
            values = self._values.setdefault(name, {})
            for field, value in changed.items():
                values[field] = codecs[field].validate_python(value)
            self._snapshots[name] = Snapshot(**values)
        self._names = tuple(found.get("names", self._names))
        self._pen = str(found.get("pen", self._pen))
        if "intents" in found:
            self._intents = _intents().validate_python(found["intents"])
        if "signals" in found:
            self._signals = _signals().validate_python(found["signals"])
        for gone in self._snapshots.keys() - set(self._names):
            del self._snapshots[gone], self._values[gone]
        self._version = int(found["to"])
