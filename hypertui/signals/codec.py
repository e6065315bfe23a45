"""A signal's state as JSON can say it, and back: what a restart goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from hypertui.core.market import Side
from hypertui.core.plain_json import fit_for_json
from hypertui.signals.names import SignalPhase
from hypertui.signals.state import SignalState

VERSION = 1
_FIELDS = {"version", "at", "phase", "since", "side", "until"}


class NoSignalState(ValueError):
    """What was kept is no state of a signal; the text says why, in one line."""


def encode(state: SignalState) -> dict[str, object]:
    """The state in plain JSON, with the version of this form."""
    said = fit_for_json(asdict(state))
    assert isinstance(said, dict)
    return {"version": VERSION, **said}


def decode(kept: object) -> SignalState:
    """The state again. Raises NoSignalState for what is none, or one of another version."""
    if not isinstance(kept, Mapping) or kept.keys() != _FIELDS:
        raise NoSignalState("no state of a signal: its fields are others")
    if kept["version"] != VERSION:
        raise NoSignalState(f"version {kept['version']!r} of a signal's state is not {VERSION}")
    try:
        phase = SignalPhase(kept["phase"])
        side = None if kept["side"] is None else Side(kept["side"])
    except ValueError as error:
        raise NoSignalState(f"no state of a signal: {error}") from None
    at, since = _time(kept, "at"), _time(kept, "since")
    until = None if kept["until"] is None else _time(kept, "until")
    if (side is None) != (phase is SignalPhase.NEUTRAL) or (until is None) != (
        phase is not SignalPhase.COOLDOWN
    ):
        raise NoSignalState(f"no state of a signal: {phase.value} with side {side} until {until}")
    return SignalState(at, phase, since, side, until)


def _time(kept: Mapping[str, object], name: str) -> int:
    found = kept[name]
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise NoSignalState(f"no state of a signal: {name} {found!r} is no time")
    return found
