"""`hypertui config`: every setting with where its value comes from, and what contradicts what."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, SecretStr

from hypertui.cli import streams
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.signal_plans import signal_plans
from hypertui.cli.webhook_door import hooks_of
from hypertui.console.keymap import remap
from hypertui.core.endpoint import ListenAddress
from hypertui.core.market import plain
from hypertui.core.phrases import counted
from hypertui.core.redaction import printable
from hypertui.provenance import Place
from hypertui.settings import Settings, load_settings, load_with_origins

_REFUSED = 2


def show(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for a setting that cannot be used."""
    settings, origins = load_with_origins(
        arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only
    )
    leaves = _leaves(settings, origins.trades)
    rows = [(".".join(place), _shown(value), origins.source(place)) for place, value in leaves]
    if arguments.json:
        print(json.dumps({name: {"value": value, "source": source} for name, value, source in rows}))
        return 0
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, source in rows:
        print(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}")
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Run `config check`: 2 where anything contradicts, in a line each. Raises ValueError with one line for a
    setting that cannot be used."""
    settings = load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    remap(settings.console.keys)
    signal_plans(settings)
    hooks_of(settings)
    found = settings.contradictions()
    for line in found:
        streams.complain(printable(line))
    if not found:
        signals = f", {counted(len(settings.signals), 'signal')}" if settings.signals else ""
        print(f"{counted(len(settings.trades), 'trade')}{signals}, nothing contradicts")
    return _REFUSED if found else 0


def _leaves(settings: Settings, trades: Sequence[Place]) -> Iterator[tuple[Place, Any]]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if name == "trades":
            for place, trade in zip(trades, settings.trades, strict=True):
                yield from _of_section(trade, place)
        elif name == "signals" and value:
            for each, signal in value.items():
                yield from _of_section(signal, (name, each))
        elif isinstance(value, BaseModel):
            yield from _of_section(value, (name,))
        else:
            yield (name,), value


def _of_section(section: BaseModel, place: Place) -> Iterator[tuple[Place, Any]]:
    for name in type(section).model_fields:
        yield (*place, name), getattr(section, name)


def _shown(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, SecretStr):
        return "set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple) and not isinstance(value, ListenAddress):
        return ", ".join(map(_shown, value))
    if isinstance(value, Mapping) and value:
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    # An address of the form scheme://user:password@host, or with a password among its parameters.
    if isinstance(value, str) and "://" in value and ("@" in value or "?" in value):
        return "set"
    return str(value)
